import { afterEach, describe, expect, it } from 'vitest'
import { startEngine, type Engine } from '../../../src/daemon/engine.ts'
import type { Change, Kept } from '../../../src/daemon/state-store.ts'
import { acknowledge, begin, finish } from '../../../src/rollout/commands.ts'
import { nothingRemembered, type Memory } from '../../../src/rollout/memory.ts'
import { depth, smallRules } from '../core/small-rules.ts'
import { author } from '../rollout/commanding.ts'

const engines: Engine[] = []
afterEach(() => {
  for (const engine of engines.splice(0)) engine.stop()
})

/** A store on which a write takes until it is told how it ended. */
function slowStore() {
  const time = { now: 1_000_000 }
  const writes: { readonly memory: Memory | undefined; end(kept: Kept): void }[] = []
  const saved: Memory[] = []
  let unseen: string | undefined
  const engine = startEngine({
    clock: { now: () => (time.now += 1) },
    rules: smallRules(),
    memory: nothingRemembered,
    impediments: new Map(),
    release: () => 'caracal',
    store: {
      save: async (memory) => void saved.push(memory),
      unseen: () => unseen,
      keep({ make, done }: Change) {
        const memory = make()
        if (memory === undefined) return Promise.resolve({ ok: true })
        const { promise, resolve } = Promise.withResolvers<Kept>()
        function end(kept: Kept): void {
          if (kept.ok) done()
          resolve(kept)
        }
        writes.push({ memory, end })
        return promise
      },
    },
    onSnapshot: () => {},
  })
  engines.push(engine)
  async function look(value: number): Promise<void> {
    const target = { id: 'one', labels: {} }
    const at = time.now
    const reading = { signal: depth.name, labels: {}, value }
    const outcome = { ok: true, readings: [reading], blindSpots: [] } as const
    const observation = { target, at, took: 1, validFor: 60_000, outcome }
    engine.take({ probe: 'small', at, targets: [target], observations: [observation] })
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  }
  return {
    engine,
    writes,
    saved,
    look,
    see: (why?: string) => void (unseen = why),
    begin: (id: string) => engine.command((snapshot, now) => begin(snapshot, { ...author, id }, now)),
    end: (id: string) =>
      engine.command((snapshot, now) => finish(snapshot, id, { outcome: 'failed' }, author, now)),
  }
}

const full: Kept = { ok: false, message: 'no space left' }

describe('a command', () => {
  it('R94 X86: counts only when it is kept, with what came meanwhile', async () => {
    const { engine, writes, look, begin: beginning } = slowStore()
    const answer = beginning('r1')
    expect(writes[0]?.memory?.rollout?.id).toBe('r1')
    await look(3)
    expect(engine.current().rollout).toBeUndefined()
    expect(engine.current().verdict.verdict).toBe('proceed')
    writes[0]?.end({ ok: true })
    expect(await answer).toMatchObject({ ok: true })
    expect(engine.current().rollout?.id).toBe('r1')
    expect(engine.memory().ledger.some(({ kind }) => kind === 'rollout-begun')).toBe(true)
  })

  it('R94 X86: changes nothing when it can not be kept, and says so', async () => {
    const { engine, writes, look, begin: beginning } = slowStore()
    await look(3)
    const before = engine.memory()
    const answer = beginning('r1')
    writes[0]?.end(full)
    expect(await answer).toMatchObject({
      ok: false,
      code: 'not-recorded',
      detail: 'it has no effect: no space left',
    })
    expect(engine.current().rollout).toBeUndefined()
    expect(engine.memory()).toEqual(before)
  })

  it('R94 X86: does not take away a latch by an end that could not be kept', async () => {
    const { engine, writes, look, begin: beginning, end } = slowStore()
    const begun = beginning('r1')
    writes[0]?.end({ ok: true })
    await begun
    await look(20)
    const ended = end('r1')
    writes[1]?.end(full)
    expect(await ended).toMatchObject({ code: 'not-recorded' })
    expect(engine.current().verdict.verdict).toBe('stop')
    expect(engine.memory().latches).toHaveProperty('deep')
  })

  it('X86: that was kept and can no longer be carried out becomes what another replica was told', async () => {
    const { engine, writes, look, begin: beginning } = slowStore()
    const begun = beginning('r1')
    writes[0]?.end({ ok: true })
    await begun
    await look(20)
    await look(1)
    expect(engine.current().stops.get('deep')?.state).toBe('clear')
    const answer = engine.command((snapshot, now) => acknowledge(snapshot, 'deep', author, now))
    // It fires again while the acknowledgement is written: that is not acknowledged.
    await look(30)
    writes[1]?.end({ ok: true })
    expect(await answer).toMatchObject({ ok: true })
    expect(engine.current().verdict.verdict).toBe('stop')
    expect(engine.memory().ledger.some(({ kind }) => kind === 'acknowledged')).toBe(true)
  })

  it('R94 X98: that only closes counts at once, also when it can not be kept', async () => {
    const { engine, writes, look } = slowStore()
    await look(3)
    const answer = engine.close((snapshot) => ({
      ok: true,
      snapshot: { ...snapshot, impediments: new Map([['closed', 'by a command']]) },
      events: [],
    }))
    expect(engine.current().verdict.verdict).toBe('hold')
    writes[0]?.end(full)
    expect(await answer).toMatchObject({ ok: false, code: 'not-recorded' })
    expect(engine.current().verdict.verdict).toBe('hold')
  })
})

describe('a replica that can not see what others were told', () => {
  it('R95 X96: does not say proceed until it can, and remembers nothing of that', async () => {
    const { engine, look, see } = slowStore()
    await look(3)
    expect(engine.current().verdict.verdict).toBe('proceed')
    see('it was last seen at noon')
    await look(3)
    const { verdict, revision } = engine.current()
    expect(verdict.verdict).toBe('hold')
    expect(verdict.blocking[0]).toMatchObject({
      ref: 'evaluator/state-unseen',
      message: 'it was last seen at noon',
    })
    await look(3)
    expect(engine.current().revision).toBe(revision)
    expect(engine.memory().impediments).toBeUndefined()
    see()
    await look(3)
    expect(engine.current().verdict.verdict).toBe('proceed')
  })
})
