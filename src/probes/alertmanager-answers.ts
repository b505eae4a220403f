import { parse } from 'yaml'
import type { Labels } from '../core/signal.ts'
import type { Instant } from '../core/time.ts'
import { isObject, objectAt, objectsAt, textAt, type PlainObject } from '../kubernetes/manifest/objects.ts'

// What Alertmanager's HTTP API answers, decoded; the exporter and its doctor read it alike.

/** An alert that has arrived. */
export interface ArrivedAlert {
  readonly labels: Labels
  /** Where its route leads. */
  readonly receivers: readonly string[]
  /** It notifies of nothing now. */
  readonly isSuppressed: boolean
  /** Ids of silences. */
  readonly silencedBy: readonly string[]
  readonly isInhibited: boolean
}

/** Undefined where the answer is no list. */
export function alertsIn(body: unknown): readonly ArrivedAlert[] | undefined {
  if (!Array.isArray(body)) return undefined
  return body.filter(isObject).map((alert) => {
    const status = objectAt(alert, 'status')
    return {
      labels: objectAt(alert, 'labels') as Labels,
      receivers: objectsAt(alert, 'receivers').map((receiver) => textAt(receiver, 'name')),
      isSuppressed: textAt(status, 'state') === 'suppressed',
      silencedBy: textsAt(status, 'silencedBy'),
      isInhibited: textsAt(status, 'inhibitedBy').length > 0,
    }
  })
}

function textsAt(object: PlainObject, field: string): readonly string[] {
  const value = object[field]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** The configuration as it shows it, secrets left out; empty where it does not. */
export function configurationText(status: unknown): string {
  return isObject(status) ? textAt(objectAt(status, 'config'), 'original') : ''
}

/** Names of the receivers that notify; undefined where the configuration can't be read. */
export function notifyingReceivers(text: string): ReadonlySet<string> | undefined {
  const configuration = text === '' ? undefined : configurationIn(text)
  if (configuration === undefined) return undefined
  return new Set(
    objectsAt(configuration, 'receivers')
      .filter(notifies)
      .map((receiver) => textAt(receiver, 'name')),
  )
}

function configurationIn(text: string): PlainObject | undefined {
  try {
    const value: unknown = parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function notifies(receiver: PlainObject): boolean {
  return Object.entries(receiver).some(
    ([key, value]) => key.endsWith('_configs') && Array.isArray(value) && value.length > 0,
  )
}

export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

/** A silence that is in force. */
export interface Silence {
  readonly id: string
  readonly createdBy: string
  readonly endsAt: Instant
  readonly matchers: readonly Matcher[]
}

/** Silences in force; undefined where the answer is no list. */
export function silencesIn(body: unknown): readonly Silence[] | undefined {
  if (!Array.isArray(body)) return undefined
  return body
    .filter(isObject)
    .filter((silence) => textAt(objectAt(silence, 'status'), 'state') === 'active')
    .map((silence) => ({
      id: textAt(silence, 'id'),
      createdBy: textAt(silence, 'createdBy'),
      endsAt: Date.parse(textAt(silence, 'endsAt')),
      matchers: objectsAt(silence, 'matchers').map((matcher) => ({
        name: textAt(matcher, 'name'),
        value: textAt(matcher, 'value'),
        isRegex: matcher['isRegex'] === true,
        // Absent before Alertmanager 0.22.
        isEqual: matcher['isEqual'] !== false,
      })),
    }))
}
