import * as z from 'zod'
import { HOUR, type Instant, type Millis } from '../core/time.ts'
import { said, type Fault } from './faults.ts'
import { about, coded } from './fields.ts'
import type { Config } from './schema.ts'
import type { Locate } from './validate.ts'

/** A gate, check or stop condition that is switched off on purpose, in shadow for a while, or on. */
export interface Switch {
  readonly enabled: boolean
  /** Why it is off, in the operator's words. */
  readonly reason?: string
  /** Until when it is only in shadow. */
  readonly shadow?: Instant
}

const written = 'shadow until '
const timeWords = 'a time like 2026-12-07T08:00:00Z'
const instant = z.iso.datetime({ offset: true, error: timeWords })

/** What can be switched off on purpose, or put in shadow. YAML 1.1, which Helm reads, turns `off` into `false`. */
export function onOff(description: string) {
  const error = 'on, off, { enabled: false, reason: <why> }, or { mode: shadow, until: <time> }'
  const reason = z.string({ error: 'a text of at most 200 characters' }).max(200, {
    error: 'a text of at most 200 characters',
  })
  const spelled = z.strictObject({
    enabled: z.boolean({ error: 'true or false' }),
    reason: reason.exactOptional(),
  })
  const shadowed = z.strictObject({ mode: z.literal('shadow', { error: 'shadow' }), until: instant })
  const inOneText = z
    .string({ error })
    .refine((text) => text.startsWith(written) && instant.safeParse(text.slice(written.length)).success, {
      error,
    })
    .meta({ pattern: '^shadow until \\S+$' })
  return coded(
    z.union([z.enum(['on', 'off']), z.boolean(), spelled, shadowed, inOneText], { error }),
    (value): Switch => {
      if (typeof value === 'object')
        return 'mode' in value ? { enabled: true, shadow: Date.parse(value.until) } : value
      if (typeof value === 'string' && value.startsWith(written))
        return { enabled: true, shadow: Date.parse(value.slice(written.length)) }
      return { enabled: value === 'on' || value === true }
    },
    ({ enabled, reason: why, shadow }) =>
      shadow === undefined
        ? { enabled, ...(why !== undefined && { reason: why }) }
        : { mode: 'shadow' as const, until: new Date(shadow).toISOString() },
  ).meta(about(description, error, 'switch'))
}

/** What is tried for longer than this is not tried any more. */
const LONGEST_SHADOW: Millis = 90 * 24 * HOUR

/** The switches of a configuration, by section and id. */
export function switchesOf({
  gates,
  checks,
  stopConditions,
}: Config): readonly (readonly [section: string, id: string, Switch])[] {
  const sections: Readonly<Record<string, Readonly<Record<string, Switch | undefined>>>> = {
    gates,
    checks,
    stopConditions,
  }
  return Object.entries(sections).flatMap(([section, switches]) =>
    Object.entries(switches).flatMap(([id, one]) => (one === undefined ? [] : [[section, id, one] as const])),
  )
}

/** Shadows that are meant to last for ever. One that is over is no fault: the exporter must start with it. */
export function lastingShadows(config: Config, locate: Locate, now: Instant): readonly Fault[] {
  return switchesOf(config).flatMap(([section, id, { shadow = now }]) => {
    if (shadow - now <= LONGEST_SHADOW) return []
    const path = [section, id]
    const allowed = `a time within the next 90 days, or off with a reason`
    return [
      said(
        { path, location: locate(path), allowed },
        `${section}.${id} is in shadow until ${new Date(shadow).toISOString()}, ${Math.floor((shadow - now) / (24 * HOUR))} days from now`,
      ),
    ]
  })
}
