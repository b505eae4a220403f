import { describe, expect, it } from 'vitest'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { begin, finish } from '../../../src/rollout/commands.ts'
import { firstBroken, type Event } from '../../../src/rollout/ledger.ts'
import { nothingRemembered, recall, remember, type Memory } from '../../../src/rollout/memory.ts'
import { PUSHED_EVIDENCE } from '../../../src/core/observation.ts'
import { aBatch, aTarget, playShown, saw, showing, type Shown } from '../../support/timeline.ts'
import { aStop, nothingArrives, smallRules, stopOf } from '../core/small-rules.ts'

const edges = smallRules({ stops: [aStop({ kind: 'edge', condition: nothingArrives })] })
const author = { actor: 'ann', reason: 'a try' }

/** The daemon's memory beside its snapshot, as it is kept from step to step. */
interface State {
  readonly memory: Memory
  readonly snapshot: Snapshot
}

function start(rules: Rules): State {
  return { memory: nothingRemembered, snapshot: initialSnapshot(0, rules) }
}

function next({ memory, snapshot }: State, rules: Rules, at: number, shown: Shown): State {
  const after = step(snapshot, [showing(at, shown)], at, rules)
  return { memory: remember(memory, snapshot, after, []), snapshot: after }
}

function begun({ memory, snapshot }: State, id: string, at: number): State {
  const result = begin(snapshot, { ...author, id, supersede: true }, at)
  if (!result.ok) throw new Error(result.detail)
  return { memory: remember(memory, snapshot, result.snapshot, result.events), snapshot: result.snapshot }
}

function restarted({ memory }: State, rules: Rules, at: number): State {
  const kept: Memory = JSON.parse(JSON.stringify(memory))
  return { memory: kept, snapshot: recall(initialSnapshot(at, rules), kept) }
}

describe('a restart', () => {
  it('R06: keeps the rollout, its latches and the counts of firings', () => {
    let state = begun(start(edges), 'r1', 0)
    state = next(state, edges, 1_000, { a: 3 })
    state = next(state, edges, 2_000, { a: 4 })
    state = restarted(state, edges, 3_000)
    expect(state.snapshot.rollout?.id).toBe('r1')
    expect(stopOf(state.snapshot)).toMatchObject({ state: 'unknown', firings: 1, latch: { at: 2_000 } })
    state = next(state, edges, 4_000, { a: 4 })
    expect(state.snapshot.verdict.verdict).toBe('stop')
    expect(stopOf(state.snapshot).latch?.at).toBe(2_000)
  })

  it('R33: sees what was counted while nobody looked', () => {
    let state = next(start(edges), edges, 1_000, { a: 3 })
    state = restarted(state, edges, 2_000)
    expect([...state.snapshot.baselines]).toEqual([['small_depth{a}', 3]])
    state = next(state, edges, 3_000, { a: 4 })
    expect(stopOf(state.snapshot).state).toBe('firing')
    const forgetful = next(start(edges), edges, 3_000, { a: 4 })
    expect(stopOf(forgetful.snapshot).state).toBe('clear')
  })

  it('R33: keeps evidence that was pushed until it expires, and no other look', () => {
    const target = aTarget('helm-render', { check: 'helm-render' })
    const pushed = aBatch(PUSHED_EVIDENCE, 0, [saw(target, 0, [], [], 60_000)])
    const before = initialSnapshot(0, edges)
    const after = step(before, [pushed, showing(0, { a: 3 })], 0, edges)
    const memory = remember(nothingRemembered, before, after, [])
    const again = recall(initialSnapshot(5_000, edges), memory)
    expect([...again.beliefs.keys()]).toEqual([PUSHED_EVIDENCE])
    expect(again.beliefs.get(PUSHED_EVIDENCE)?.targets.get('helm-render')?.last?.validFor).toBe(60_000)
  })

  it('R01: believes nothing before it has looked again', () => {
    const state = restarted(next(start(edges), edges, 1_000, { a: 0 }), edges, 2_000)
    expect(state.snapshot.verdict.verdict).toBe('hold')
    expect([...state.snapshot.stops.values()].map((stop) => stop.state)).toEqual([])
  })
})

describe('what is written down', () => {
  it('are changes of gates, stop conditions and the verdict, and not of single checks', () => {
    const { memory } = next(start(edges), edges, 1_000, { a: 3 })
    expect(memory.ledger.map(({ kind, subject, from, to }) => [kind, subject, from, to])).toEqual([
      ['transition', 'gate/depth', 'unknown', 'pass'],
      ['transition', 'stop-condition/deep', 'unknown', 'clear'],
      ['transition', 'verdict', 'hold', 'proceed'],
    ])
    expect(firstBroken(memory.ledger)).toBeUndefined()
  })

  it('names the rollout, and comes after what a person did', () => {
    const event: Event = { at: 5, kind: 'configuration', subject: 'x', message: 'y' }
    const { memory, snapshot } = begun(start(edges), 'r1', 0)
    const after = step(snapshot, [showing(1_000, { a: 3 })], 1_000, edges)
    const { ledger } = remember(memory, snapshot, after, [event])
    expect(ledger.map(({ kind }) => kind)).toEqual([
      'rollout-begun',
      'configuration',
      'transition',
      'transition',
      'transition',
    ])
    expect(ledger.at(-1)?.rollout).toBe('r1')
  })
})

describe('past rollouts', () => {
  it('are kept with the stops that fired in them and their part of the ledger', () => {
    let state = begun(start(edges), 'r1', 0)
    state = next(state, edges, 1_000, { a: 3 })
    state = next(state, edges, 2_000, { a: 4 })
    const ended = finish(state.snapshot, 'r1', { outcome: 'failed' }, author, 3_000)
    if (!ended.ok) throw new Error(ended.detail)
    const { history } = remember(state.memory, state.snapshot, ended.snapshot, ended.events)
    expect(history).toMatchObject([
      { rollout: { id: 'r1', phase: 'failed', finishedAt: 3_000 }, stops: { deep: { at: 2_000 } } },
    ])
    expect(history[0]?.ledger.at(0)?.kind).toBe('rollout-begun')
    expect(history[0]?.ledger.at(-1)?.kind).toBe('rollout-finished')
  })

  it('that were superseded count as failed, and only the last twenty are kept', () => {
    let state = start(edges)
    for (let n = 0; n < 23; n++) state = begun(state, `r${n}`, n)
    expect(state.memory.history).toHaveLength(20)
    expect(state.memory.history.at(-1)?.rollout).toMatchObject({ id: 'r21', phase: 'failed' })
    expect(state.memory.history[0]?.rollout.id).toBe('r2')
  })

  it('begin with nothing', () => {
    const [first] = playShown(edges, [[0, { a: 3 }]])
    expect(first?.rollout).toBeUndefined()
    expect(nothingRemembered.history).toEqual([])
  })
})
