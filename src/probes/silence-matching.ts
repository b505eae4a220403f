import { runInNewContext } from 'node:vm'
import type { Labels } from '../core/signal.ts'
import type { Millis } from '../core/time.ts'
import type { Silence } from './alertmanager-answers.ts'

/** What silences cover: the first that keeps one of the alerts back, and whether a pattern was not understood. */
export interface Covered {
  readonly silence?: Silence
  /** Name of an alert that it keeps back. */
  readonly alert?: string
  readonly isUnclear: boolean
}

/** For all patterns together. Patterns are of others, and some take for ever. */
const WITHIN: Millis = 250

/**
 * Alertmanager's rule: each matcher of a silence fits, a label that is absent is empty, a pattern fits the whole value.
 * Gives, for each silence, the number of the first alert that it covers; -1 for none, -2 where that is not clear.
 */
const SCRIPT = `
JSON.parse(silences).map((matchers) => {
  const tests = matchers.map(({ name, value, isRegex, isEqual }) => {
    if (!isRegex) return (labels) => ((labels[name] ?? '') === value) === isEqual
    try {
      const pattern = new RegExp('^(?:' + value + ')$', 's')
      return (labels) => pattern.test(labels[name] ?? '') === isEqual
    } catch {
      return undefined
    }
  })
  const known = tests.filter((test) => test !== undefined)
  const covered = JSON.parse(alerts).findIndex((labels) => known.every((test) => test(labels)))
  return covered >= 0 && known.length < tests.length ? -2 : covered
})`

/** The last question and what came of it: silences change seldom, and are asked for often. */
interface Answered {
  readonly question: string
  readonly covered: Covered
}

const answered = new WeakMap<object, Answered>()

/** @param asker for whom the last answer is kept */
export function coveredBy(asker: object, silences: readonly Silence[], alerts: readonly Labels[]): Covered {
  if (silences.length === 0) return { isUnclear: false }
  const question = JSON.stringify([silences, alerts])
  const last = answered.get(asker)
  if (last?.question === question) return last.covered
  const covered = judge(silences, alerts)
  answered.set(asker, { question, covered })
  return covered
}

function judge(silences: readonly Silence[], alerts: readonly Labels[]): Covered {
  const given = {
    silences: JSON.stringify(silences.map(({ matchers }) => matchers)),
    alerts: JSON.stringify(alerts),
  }
  try {
    const numbers = runInNewContext(SCRIPT, given, { timeout: WITHIN }) as readonly number[]
    const which = numbers.findIndex((number) => number >= 0)
    const silence = silences[which]
    const alert = alerts[numbers[which] ?? -1]?.['alertname']
    if (silence !== undefined) return { silence, ...(alert !== undefined && { alert }), isUnclear: false }
    return { isUnclear: numbers.includes(-2) }
  } catch {
    return { isUnclear: true }
  }
}
