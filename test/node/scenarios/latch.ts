import assert from 'node:assert/strict'
import type { GateReport } from '../../../src/contract/document.ts'
import type { StopConditionReport } from '../../../src/contract/items.ts'
import type { Scenario } from '../scenarios.ts'
import { containerOf, isDone, until } from '../asking.ts'
import { agree } from './rollout.ts'

const stop = 'outbox-dead-messages'

export const latch: Scenario = {
  name: 'latch',
  shows:
    'a replica that is killed in the middle of a rollout comes back with what was latched, and so does one in its place',
  async run(stage) {
    const values = { tag: 'v3' }
    const rollout = `caracal-r${(await stage.revision()) + 1}`
    const upgrading = stage.upgradePlatform(values)
    await stage.both('they see it begin', (report) => report.rollout.id === rollout)
    await stage.platform.faults.inject(stop)
    await stage.both('it fires', (report) => stopIn(report).state === 'firing')
    await stage.platform.faults.clear(stop)
    await stage.both(
      'it is latched',
      (report) => report.verdict === 'stop' && stopIn(report).state === 'clear',
    )

    const [killed, other] = await stage.replicas()
    assert.ok(killed && other, 'two replicas are ready')
    const pod = (await stage.podsOf('gate')).find(({ metadata }) => metadata.name === killed.pod)
    assert.ok(pod)
    await stage.node.runtime.kill(containerOf(pod))
    await until('it is started again', async () => {
      const again = (await stage.podsOf('gate')).find(({ metadata }) => metadata.name === killed.pod)
      return (again?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0 ? true : undefined
    })
    await stage.both('they still stop', isStopped)
    await stage.kubectl('delete', 'pod', '--namespace=gate', other.pod, '--grace-period=0', '--force')
    await until('another one is in its place', async () => {
      const names = (await stage.replicas()).map((replica) => replica.pod)
      return names.length === 2 && !names.includes(other.pod) ? true : undefined
    })
    await stage.both('they still stop', isStopped)

    await stage.acknowledgeAll()
    await stage.prove(rollout, values)
    await upgrading
    await stage.both('they may proceed', isDone(rollout))
    await agree(stage)
  },
}

function stopIn({ stopConditions }: GateReport): StopConditionReport {
  const found = stopConditions.find(({ id }) => id === stop)
  if (found === undefined) throw new Error(`there is no stop condition ${stop}`)
  return found
}

function isStopped(report: GateReport): boolean {
  const { latch: kept, acknowledged } = stopIn(report)
  return report.verdict === 'stop' && kept !== null && !acknowledged
}
