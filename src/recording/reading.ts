import type { Batch } from '../core/observation.ts'
import type { Instant, Millis } from '../core/time.ts'
import type { Evaluated } from '../rollout/evaluation.ts'
import type { Event } from '../rollout/ledger.ts'
import { readBatch, tableOf } from './batches.ts'
import { instantOf } from './exact-time.ts'
import type { JudgedBy } from './happening.ts'
import { FORMAT, FORMAT_VERSION, type Header, type Line } from './lines.ts'
import type { Patch } from './patch.ts'
import { unpacked } from './plain-value.ts'
import type { Point } from './point.ts'

/** One line of a recording, as it is replayed. */
export type Recorded =
  | { readonly kind: 'rules'; readonly judgedBy: JudgedBy }
  | { readonly kind: 'state'; readonly state: Evaluated }
  | {
      readonly kind: 'round'
      readonly now: Instant
      readonly batches: readonly Batch[]
      readonly commanded?: Patch
      readonly events: readonly Event[]
      readonly point?: Point
    }
  | { readonly kind: 'corrected'; readonly by: Millis }
  | { readonly kind: 'adopted'; readonly memory: Patch }
  | { readonly kind: 'gap'; readonly dropped: number }
  | { readonly kind: 'end' }

/** It is no recording, or one that this version can't read. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** @throws Unreadable */
export function readHeader(text: string): Header {
  const header = parsed(text) as Partial<Header>
  if (header.recording !== FORMAT) throw new Unreadable('it is no recording of caracal-gate')
  if (header.version !== FORMAT_VERSION)
    throw new Unreadable(
      `its format has version ${String(header.version)}; this version of caracal-gate reads ${FORMAT_VERSION}`,
    )
  return header as Header
}

/**
 * Reads the lines after the header, in their order.
 * @throws Unreadable
 */
export function newReading(): (text: string) => Recorded {
  let table = tableOf(new Map<string, never>())
  let from: Instant = 0
  let isBegun = false

  function read(line: Line): Recorded {
    if ('rules' in line) return { kind: 'rules', judgedBy: unpacked(line.rules) as JudgedBy }
    if ('gap' in line) return { kind: 'gap', dropped: line.gap }
    if ('state' in line) {
      const state = unpacked(line.state) as Evaluated
      table = tableOf(state.snapshot.beliefs)
      from = state.snapshot.at
      isBegun = true
      return { kind: 'state', state }
    }
    if (!isBegun) throw new Unreadable('it has no state to begin with')
    if ('corrected' in line) return { kind: 'corrected', by: line.corrected }
    if ('adopted' in line) return { kind: 'adopted', memory: line.adopted }
    if ('end' in line) return { kind: 'end' }
    const now = instantOf(line.now, from)
    from = now
    const { batches = [], commanded, events = [], point } = line
    return {
      kind: 'round',
      now,
      batches: batches.map((batch) => readBatch(table, batch, now)),
      events: events.map((event) => unpacked(event) as Event),
      ...(commanded !== undefined && { commanded }),
      ...(point !== undefined && { point }),
    }
  }

  return (text) => {
    try {
      return read(parsed(text) as unknown as Line)
    } catch (fault) {
      if (fault instanceof Unreadable) throw fault
      throw new Unreadable(
        `a line of it is damaged: ${fault instanceof Error ? fault.message : String(fault)}`,
      )
    }
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Unreadable('a line of it is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Unreadable('a line of it is no mapping')
  return value as Readonly<Record<string, unknown>>
}
