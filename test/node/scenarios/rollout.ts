import assert from 'node:assert/strict'
import type { GateReport } from '../../../src/contract/document.ts'
import { isDone } from '../asking.ts'
import type { Scenario } from '../scenarios.ts'
import type { Stage } from '../stage.ts'

export const rollout: Scenario = {
  name: 'rollout',
  shows: 'an upgrade by Helm is followed to `proceed` by both replicas, which say the same of it',
  async run(stage) {
    const values = { tag: 'v2' }
    const id = `caracal-r${(await stage.revision()) + 1}`
    const upgrading = stage.upgradePlatform(values)
    await stage.prove(id, values)
    await upgrading
    await stage.both('they may proceed', isDone(id))
    await agree(stage)
  },
}

/** What two replicas must say alike: all that is not of one process. */
function common({ verdict, rollout: { id, phase, startedAt, revision }, gates }: GateReport): object {
  return { verdict, id, phase, startedAt, revision, gates: gates.map((gate) => [gate.id, gate.state]) }
}

/** Throws when two replicas do not say the same of the rollout. */
export async function agree(stage: Stage): Promise<void> {
  const replicas = await stage.replicas()
  const reports = await Promise.all(replicas.map((replica) => replica.report()))
  assert.equal(reports.length, 2, 'replicas that are ready')
  const [first, second] = reports.map(common)
  assert.deepEqual(first, second)
}
