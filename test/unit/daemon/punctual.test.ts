import { afterEach, describe, expect, it } from 'vitest'
import { STARVED, type Punctuality } from '../../../src/core/punctuality.ts'
import { startEngine, type Engine } from '../../../src/daemon/engine.ts'
import { nothingRemembered, type Memory } from '../../../src/rollout/memory.ts'
import { smallRules } from '../core/small-rules.ts'
import { showing } from '../../support/timeline.ts'

const engines: Engine[] = []
afterEach(() => {
  for (const engine of engines.splice(0)) engine.stop()
})

/** An engine whose time goes as it is told; `slept` is what the steady clock did not notice. */
function anEngine() {
  const time = { now: 1_000_000, slept: 0 }
  const measured: { lost: number } & Punctuality = { lost: 0, longest: 0 }
  const saved: Memory[] = []
  const engine = startEngine({
    clock: {
      now: () => time.now,
      drift: () => time.slept,
      follow() {
        const by = time.slept
        time.now += by
        time.slept = 0
        return by
      },
    },
    rules: smallRules({ longestGap: 5_000 }),
    memory: nothingRemembered,
    impediments: new Map(),
    release: () => 'caracal',
    store: { save: async (memory) => void saved.push(memory), keep: () => Promise.resolve({ ok: true }) },
    punctuality: () => measured,
    onSnapshot: () => {},
  })
  engines.push(engine)
  async function look(): Promise<void> {
    engine.take({ ...showing(time.now, { one: 1 }) })
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  }
  return { engine, time, measured, saved, look, verdict: () => engine.timely().verdict.verdict }
}

describe('the first question after the process stood still', () => {
  it.each([
    ['a signal, for 20 s', 20_000, 0],
    ['the sleep of the machine, for 20 s', 0, 20_000],
  ])('R123 X11: is answered by what can be told now, after %s', async (_, passed, slept) => {
    const { engine, time, look, verdict } = anEngine()
    await look()
    expect(verdict()).toBe('proceed')
    time.now += passed
    time.slept += slept
    expect(engine.current().verdict.verdict).toBe('proceed')
    expect(verdict()).toBe('hold')
    expect(engine.current().at).toBe(1_020_000)
  })

  it('R123: judges nothing anew for who asks often', async () => {
    const { engine, time, look, verdict } = anEngine()
    await look()
    const { evaluations } = engine.stats()
    time.now += 1_000
    expect(verdict()).toBe('proceed')
    expect(engine.stats().evaluations).toBe(evaluations)
  })
})

describe('an exporter that measures that it is starved', () => {
  it('R122 X11: holds as long as that lasts, and remembers nothing of it', async () => {
    const { engine, measured, saved, look } = anEngine()
    await look()
    expect(engine.current().verdict.verdict).toBe('proceed')
    measured.lost = 3_000
    await look()
    const { revision, verdict, impediments } = engine.current()
    expect(verdict.blocking[0]).toMatchObject({ ref: 'evaluator/starved', reason: STARVED, rootCause: true })
    expect([verdict.verdict, impediments.size]).toEqual(['hold', 1])
    measured.lost = 4_000
    await look()
    expect(engine.current().revision).toBe(revision)
    expect(engine.current().verdict.summary).toContain('40 %')
    measured.lost = 500
    await look()
    expect(engine.current().verdict.verdict).toBe('proceed')
    for (const { impediments: kept } of [...saved, engine.memory()]) expect(kept).toBeUndefined()
  })
})
