import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseState, stateText } from '../../../src/daemon/state-form.ts'
import { UNSEALED } from '../../../src/daemon/state-seal.ts'
import type { Latch } from '../../../src/core/latch.ts'
import { append } from '../../../src/rollout/ledger.ts'
import type { Memory } from '../../../src/rollout/memory.ts'
import { largeMemory } from '../../support/large-memory.ts'

const runs = { numRuns: 600 }

const latch: Latch = {
  at: 7,
  reason: 'dead_letters',
  message: 'an entry arrived',
  culprits: ['audit'],
  preexisting: false,
  proven: true,
}
const acknowledged = { actor: 'ann', reason: 'known', at: 9 }

/** Everything that a state may hold, once or twice. */
const large = largeMemory(2, 3)
const memory: Memory = {
  ...large,
  history: large.history.slice(0, 2),
  latches: { 'audit-dlq-growing': latch, 'outbox-dead-messages': { ...latch, acknowledged } },
  firings: { 'audit-dlq-growing': 1, 'outbox-dead-messages': 2 },
  baselines: { a: 1, b: 2.5, 'follow:moved-at': 1_700_000_000_000 },
  impediments: { 'state-unreadable': 'it was cut' },
  overrides: {
    readiness: { at: 7, until: 99, actor: 'ann', reason: 'known', latched: true, rollout: 'r1' },
    'sts-unready': { at: 7, until: 99, actor: 'ann', reason: 'known', latched: false, ended: 8 },
  },
}
const { text, seal } = stateText(memory, { ...UNSEALED, generation: 41 })

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The paths to all that is in it. */
function paths(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  const entries: (readonly [string | number, Json])[] = Array.isArray(value)
    ? value.map((one: Json, n) => [n, one] as const)
    : Object.entries(value as Record<string, Json>)
  return [path, ...entries.flatMap(([key, one]) => paths(one, [...path, key]))]
}

const state = JSON.parse(text) as Json
const nodes = paths(state).filter((path) => path.length > 0)

/** The state with one node of it replaced by what `edit` makes of it: none, one or several. */
function edited(
  value: Json,
  path: readonly (string | number)[],
  edit: (node: Json) => readonly Json[],
): Json {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(value))
    return value.flatMap((one: Json, n) =>
      n !== key ? [one] : rest.length === 0 ? edit(one) : [edited(one, rest, edit)],
    )
  return Object.fromEntries(
    Object.entries(value as Record<string, Json>).flatMap(([name, one]): [string, Json][] => {
      if (name !== key) return [[name, one]]
      if (rest.length > 0) return [[name, edited(one, rest, edit)]]
      return edit(one).map((next, n) => [n === 0 ? name : `${name}${n}`, next])
    }),
  )
}

const changes: fc.Arbitrary<(node: Json) => readonly Json[]> = fc.oneof(
  fc.constant(() => []),
  fc.constant((node: Json) => [node, node]),
  fc.jsonValue().map((value) => () => [value as Json]),
  fc.constant((node: Json) => [
    typeof node === 'number' ? node + 1 : typeof node === 'boolean' ? !node : `${JSON.stringify(node)}x`,
  ]),
  fc.constant((node: Json) => [Array.isArray(node) ? [] : typeof node === 'object' ? {} : null]),
)

/** Either it says the same, or it is not believed. */
function expectNoticed(changed: string): void {
  const parsed = parseState(changed)
  if (parsed.ok) expect({ memory: parsed.memory, seal: parsed.seal }).toEqual({ memory, seal })
}

describe('a state that was edited', () => {
  it('is what was written when it was not', () => {
    expect(parseState(text)).toEqual({ ok: true, memory, seal, previous: UNSEALED.digest })
    expect(parseState(JSON.stringify(state, null, 2))).toMatchObject({ ok: true, memory })
  })

  it('R91 X84: is not believed when any of its nodes was taken out, doubled or changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...nodes), changes, (path, edit) =>
        expectNoticed(JSON.stringify(edited(state, path, edit))),
      ),
      runs,
    )
  })

  it('R91 X84: is not believed when any of its bytes was changed, cut, put in or taken out', () => {
    const bytes = Buffer.from(text)
    const at = fc.nat(bytes.length - 1)
    fc.assert(
      fc.property(at, at, fc.uint8Array({ maxLength: 6 }), fc.nat(3), (from, to, put, kind) => {
        const [low, high] = [Math.min(from, to), Math.max(from, to)]
        const flipped = Buffer.from(bytes)
        flipped[low] = (flipped[low] ?? 0) ^ (1 << (high % 8))
        const all = [
          flipped,
          bytes.subarray(0, low),
          Buffer.concat([bytes.subarray(0, low), put, bytes.subarray(low)]),
          Buffer.concat([bytes.subarray(0, low), put, bytes.subarray(Math.min(high, low + 200))]),
        ]
        expectNoticed((all[kind] ?? bytes).toString('utf8'))
      }),
      runs,
    )
  })

  it.each([
    ['a latch that was taken out', { latches: {} }],
    ['a latch that was acknowledged', { latches: { 'audit-dlq-growing': { ...latch, acknowledged } } }],
    ['baselines that were emptied', { baselines: {} }],
    ['a ledger that was emptied', { ledger: [] }],
    ['a ledger that was cut at its head', { ledger: memory.ledger.slice(1) }],
    ['a ledger that was cut at its tail', { ledger: memory.ledger.slice(0, -1) }],
    [
      'a line that was written by hand, chained as it should be',
      { ledger: append(memory.ledger, [{ at: 1, kind: 'acknowledged', subject: 'x', message: 'x' }]) },
    ],
  ])('X84: is not believed with %s', (_, change: Partial<Memory>) => {
    const { memory: held, ...rest } = state as { readonly memory: object }
    const parsed = parseState(JSON.stringify({ ...rest, memory: { ...held, ...change } }))
    expect(parsed).toMatchObject({ ok: false, why: 'it was changed after it was written' })
  })

  it('R92 X84: leaves its latches in force, and nothing that opens', () => {
    const changed = JSON.stringify({ ...(state as object), digest: '0'.repeat(64) })
    const parsed = parseState(changed)
    if (parsed.ok || parsed.rest === undefined) throw new Error('it was believed')
    expect(parsed.rest.latches).toEqual({ 'audit-dlq-growing': latch, 'outbox-dead-messages': latch })
    expect(parsed.rest.evidence).toEqual([])
    expect(parsed.rest.overrides).toBeUndefined()
    expect(parsed.rest.rollout).toEqual(memory.rollout)
  })
})

describe('a state of 0.1.0', () => {
  it('R92 X84: keeps its rollout, latches, history and ledger; evidence and acknowledgements are not believed', () => {
    const { baselines: marks, overrides: _, ...rest } = memory
    const parsed = parseState(JSON.stringify({ version: 1, memory: { ...rest, marks } }))
    if (!parsed.ok) throw new Error(parsed.why)
    expect(parsed.seal).toBeUndefined()
    expect(parsed.memory).toMatchObject({
      rollout: memory.rollout,
      history: memory.history,
      ledger: memory.ledger,
      baselines: memory.baselines,
      evidence: [],
      latches: { 'audit-dlq-growing': latch, 'outbox-dead-messages': latch },
    })
  })

  it('R92 X84: is read as the daemon of that time wrote it', () => {
    const fixture = readFileSync(join(import.meta.dirname, '../../fixtures/state-0.1.0.json'), 'utf8')
    const parsed = parseState(fixture)
    if (!parsed.ok) throw new Error(parsed.why)
    const { rollout, history, latches, evidence, ledger } = parsed.memory
    expect([rollout?.id, history.map((one) => one.rollout.id), ledger.length]).toEqual(['r2', ['r1'], 29])
    expect([Object.keys(latches), evidence]).toEqual([['audit-dlq-growing'], []])
    expect(latches['audit-dlq-growing']?.acknowledged).toBeUndefined()
  })
})

describe('a state of version 2', () => {
  const written = readFileSync(join(import.meta.dirname, '../../fixtures/state-version-2.json'), 'utf8')
  const { memory: before, digest } = JSON.parse(written) as {
    memory: Memory & { marks: object }
    digest: string
  }

  it('R92: is read whole: its marks are the baselines, its seal is the one that the next state goes on from', () => {
    const parsed = parseState(written)
    if (!parsed.ok) throw new Error(parsed.why)
    const { marks: baselines, ...rest } = before
    expect(parsed.memory).toEqual({ ...rest, baselines })
    expect(parsed.seal).toEqual({ generation: 16, digest })
    expect(parsed.memory.latches['outbox-dead-messages']?.acknowledged?.actor).toBe('a test (demo)')
    expect(parsed.memory.evidence).toHaveLength(1)
  })

  it('R91: is not believed when it was changed', () => {
    const changed = written.replace('"value": 1', '"value": 0')
    expect(changed).not.toBe(written)
    expect(parseState(changed)).toMatchObject({ ok: false, why: 'it was changed after it was written' })
  })
})

describe('a state of a version to come', () => {
  it('R92: is refused, and the message names both', () => {
    const parsed = parseState(JSON.stringify({ ...(state as object), version: 5 }))
    expect(parsed).toEqual({ ok: false, why: 'it is of version 5, and this exporter reads versions 1 to 4' })
  })
})
