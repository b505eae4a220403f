import assert from 'node:assert/strict'
import { memoryOf } from '../../../rig/node/cgroups.ts'
import type { Scenario } from '../scenarios.ts'
import { containerOf, isReady } from '../asking.ts'

/** `resources.limits.memory` of the chart. */
const limit = 384 * 2 ** 20

export const memory: Scenario = {
  name: 'memory',
  shows: 'the kernel holds each replica to the limit of the chart, and none of them has come near it',
  async run(stage) {
    for (const pod of (await stage.podsOf('gate')).filter(isReady)) {
      const { name } = pod.metadata
      const found = await memoryOf(stage.materials.cgroup, containerOf(pod))
      stage.tell(`${name}: ${Math.round(found.peak / 2 ** 20)} MiB at its peak`)
      assert.equal(found.limit, limit, `limit of ${name}`)
      assert.equal(found.failures, 0, `how often ${name} was refused memory`)
      assert.ok(found.peak < limit / 2, `${name} has taken ${found.peak} bytes of ${limit}`)
    }
  },
}
