import { afterEach, describe, expect, it } from 'vitest'
import { nothingRemembered } from '../../src/rollout/memory.ts'
import { largeMemory } from '../support/large-memory.ts'
import {
  begun,
  clock,
  closeStores,
  open,
  started,
  stateIn,
  subjects,
  withLine,
} from '../support/remembering.ts'
import { sharedConfigMap } from '../support/shared-config-map.ts'
import { eventually, watchFor } from '../support/waiting.ts'

afterEach(closeStores)

const empty = { data: {}, binaryData: {} }

describe('the state in a ConfigMap', () => {
  it('begins with nothing where nothing is, and gives back what was saved', async () => {
    const shared = sharedConfigMap()
    const store = open(shared)
    expect(await store.load()).toEqual({ ok: true, memory: nothingRemembered })
    const memory = withLine(nothingRemembered, 'rollout-begun', 'r1', begun('r1', 5))
    await store.save(memory)
    expect(await open(shared).load()).toEqual({ ok: true, memory })
  })

  it('takes an empty ConfigMap, as the chart makes it, for nothing remembered', async () => {
    const shared = sharedConfigMap()
    shared.put(empty)
    const store = open(shared)
    expect(await store.load()).toEqual({ ok: true, memory: nothingRemembered })
    await store.save(withLine(nothingRemembered, 'started', 'daemon'))
    expect(subjects(stateIn(shared))).toEqual(['daemon'])
  })

  it('says in one line what it is about', async () => {
    const shared = sharedConfigMap()
    const store = open(shared, 'gate-7')
    await store.load()
    await store.save({ ...nothingRemembered, ...begun('caracal-r5', Date.UTC(2026, 0, 2)) })
    expect(shared.content()?.data['summary']).toMatch(
      /^rollout caracal-r5 rolling since 2026-01-02T00:00:00.000Z, written by gate-7 at 20\d\d-.*Z$/,
    )
  })

  it('writes what matters at once, and the rest together and not more often than its pace', async () => {
    const shared = sharedConfigMap()
    const store = open(shared, 'gate-0', 400)
    const daemon = await started(store)
    const { save } = daemon
    await save(withLine(daemon.memory(), 'started', 'daemon'))
    const before = shared.writes().done
    const lines = Array.from({ length: 20 }, (_, n) =>
      save(withLine(daemon.memory(), 'transition', `gate/${n}`)),
    )
    expect(shared.writes().done).toBe(before)
    await save(withLine(daemon.memory(), 'acknowledged', 'stop-condition/x'))
    await Promise.all(lines)
    expect(shared.writes().done).toBe(before + 1)
    expect(stateIn(shared).ledger).toHaveLength(22)
    const startedAt = clock.now()
    await save(withLine(daemon.memory(), 'transition', 'gate/last'))
    expect(clock.now() - startedAt).toBeGreaterThan(250)
    const writes = shared.writes().done
    await save(daemon.memory())
    expect(shared.writes().done).toBe(writes)
  })
})

describe('replicas that share a ConfigMap', () => {
  it('hear of each other without asking', async () => {
    const shared = sharedConfigMap()
    const [one, two] = [await started(open(shared, 'a')), await started(open(shared, 'b'))]
    await one.save(withLine(one.memory(), 'rollout-begun', 'r1', begun('r1')))
    await eventually('the other heard of the rollout', () => two.memory().rollout?.id === 'r1')
    await two.save(withLine(two.memory(), 'acknowledged', 'stop-condition/x'))
    await eventually('the first heard of the acknowledgement', () =>
      subjects(one.memory()).includes('stop-condition/x'),
    )
  })

  it('lose nothing when all write at once, and fall silent afterwards', async () => {
    const shared = sharedConfigMap()
    shared.latency(10)
    const daemons = await Promise.all(['a', 'b', 'c'].map((name) => started(open(shared, name, 20))))
    shared.storm(2)
    await Promise.all(
      daemons.flatMap((daemon, n) =>
        Array.from({ length: 10 }, (_, turn) =>
          new Promise((resolve) => setTimeout(resolve, turn * 15)).then(() =>
            daemon.save(withLine(daemon.memory(), 'acknowledged', `stop-condition/${n}-${turn}`)),
          ),
        ),
      ),
    )
    await eventually('all agree', () =>
      daemons.every((daemon) => new Set(subjects(daemon.memory())).size === 30),
    )
    expect(shared.writes().conflicts).toBeGreaterThanOrEqual(2)
    expect(subjects(stateIn(shared)).toSorted()).toEqual([...new Set(subjects(stateIn(shared)))].toSorted())
    const writes = shared.writes().done
    await watchFor(200)
    expect(shared.writes().done).toBe(writes)
  })

  it('X72: write what both see once, and seldom at the same time', { timeout: 30_000 }, async () => {
    const shared = sharedConfigMap()
    shared.latency(20)
    const daemons = await Promise.all(['a', 'b'].map((name) => started(open(shared, name))))
    const firings = 16
    for (let n = 0; n < firings; n += 1) {
      const at = clock.now()
      const latch = { at, reason: 'deep', message: 'it is', culprits: [], preexisting: false, proven: true }
      for (const { memory, save } of daemons) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
        // Who has heard of it by now does not write it down a second time.
        if (subjects(memory()).includes(`stop-condition/stop-${n}`)) continue
        const latches = { ...memory().latches, [`stop-${n}`]: latch }
        void save(withLine(memory(), 'transition', `stop-condition/stop-${n}`, { latches }))
      }
      await eventually('both know', () =>
        daemons.every(({ memory }) => subjects(memory()).includes(`stop-condition/stop-${n}`)),
      )
      await eventually('it is written', async () => `stop-${n}` in stateIn(shared).latches)
    }
    await eventually('they agree', () => {
      const [one, other] = daemons.map(({ memory }) => memory().ledger.at(-1)?.hash)
      return one === other
    })
    expect(subjects(stateIn(shared))).toHaveLength(firings)
    const { done, conflicts } = shared.writes()
    expect(conflicts).toBeLessThan(firings / 4)
    expect(done).toBeLessThan(firings * 1.5)
  })

  it('come through a storm of conflicts', async () => {
    const shared = sharedConfigMap()
    const store = open(shared)
    const daemon = await started(store)
    await daemon.save(withLine(daemon.memory(), 'started', 'daemon'))
    shared.storm(8)
    await daemon.save(withLine(daemon.memory(), 'acknowledged', 'stop-condition/x'))
    expect(store.status().ok).toBe(true)
    expect(shared.writes().conflicts).toBe(8)
    shared.storm(30)
    await daemon.save(withLine(daemon.memory(), 'acknowledged', 'stop-condition/y'))
    expect(store.status()).toMatchObject({ ok: false, message: expect.stringContaining('others write') })
    await eventually('it is written in the end', () => subjects(stateIn(shared)).includes('stop-condition/y'))
    await eventually('it says so', () => store.status().ok)
  })

  it('look now and then when they may not watch', async () => {
    const shared = sharedConfigMap()
    shared.refuse('may not watch configmaps', 'watch')
    const store = open(shared, 'a')
    const [one, two] = [await started(store), await started(open(shared, 'b'))]
    await two.save(withLine(two.memory(), 'rollout-begun', 'r1', begun('r1')))
    await eventually('it is found', () => one.memory().rollout?.id === 'r1')
    expect(store.status()).toMatchObject({
      ok: true,
      message: expect.stringContaining('may not watch configmaps'),
    })
  })
})

describe('a state that is too large', () => {
  it('does not make two replicas write in turns', async () => {
    const shared = sharedConfigMap()
    const [one, two] = [
      await started(open(shared, 'a', 20, 60_000)),
      await started(open(shared, 'b', 20, 60_000)),
    ]
    await one.save(largeMemory())
    await eventually('the other heard', () => two.memory().rollout?.id === 'now')
    await two.save(withLine(two.memory(), 'acknowledged', 'stop-condition/x'))
    await eventually('the first heard', () => subjects(one.memory()).includes('stop-condition/x'))
    const writes = shared.writes().done
    await watchFor(300)
    expect(shared.writes().done).toBe(writes)
    expect(one.memory().history.every(({ ledger }) => ledger.length === 60)).toBe(true)
  })
})
