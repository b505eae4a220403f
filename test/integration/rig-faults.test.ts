import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { faults } from '../../rig/platform/faults.ts'
import { eventually, setScene } from '../support/rig-scene.ts'
import type { Scene } from '../support/rig-scene.ts'
import { symptoms } from '../support/rig-symptoms.ts'

let scene: Scene

beforeAll(async () => {
  scene = await setScene()
})

afterAll(async () => {
  expect(await scene.end(), 'left behind').toEqual([])
})

describe('faults', () => {
  beforeEach(() => scene.forgetLimits())

  test('every fault has a symptom here', () => {
    expect(Object.keys(symptoms).toSorted()).toEqual(faults.map(({ name }) => name).toSorted())
  })

  test.each(faults.map(({ name }) => name))('%s shows and clears', async (name) => {
    const shows = () => symptoms[name]?.(scene) ?? Promise.resolve(false)
    expect(await shows(), 'before').toBe(false)
    const start = performance.now()
    await scene.platform.faults.inject(name)
    await eventually(shows, `${name} shows`)
    const shownAfter = performance.now() - start
    await scene.platform.faults.clear(name)
    await eventually(async () => !(await shows()), `${name} is gone`)
    await scene.forgetLimits()
    await eventually(async () => (await scene.notReady()).length === 0, 'every replica is ready again')
    expect(scene.platform.faults.active()).toEqual([])
    expect(shownAfter).toBeLessThan(8_000)
  })

  test('T17: a replay file drains when its replica is replaced, and at no other time', async () => {
    const family = 'caracal_gateway_audit_replay_files'
    const { replica } = await scene.platform.faults.inject('replay-backlog-aging', 'gateway-0')
    expect(replica).toBe('gateway-0')
    await delay(1_000)
    expect(await scene.metric('gateway-0', family)).toBe(1)
    await scene.platform.replaceReplica('gateway-0')
    expect(await scene.metric('gateway-0', family)).toBe(0)
    expect(await scene.metric('gateway-0', 'caracal_gateway_audit_drained_total')).toBe(1)
    await scene.platform.faults.clear('replay-backlog-aging')
  })

  test('a fault refuses an unknown name, an unknown replica and a second time', async () => {
    await expect(scene.platform.faults.inject('no-such-fault')).rejects.toThrow(
      'There is no fault no-such-fault',
    )
    await expect(scene.platform.faults.inject('sts-unready', 'sts-9')).rejects.toThrow(
      'There is no replica sts-9',
    )
    await scene.platform.faults.inject('sts-circuit-open')
    await expect(scene.platform.faults.inject('sts-circuit-open')).rejects.toThrow('is on already')
    await scene.platform.faults.clearAll()
  })
})
