import assert from 'node:assert/strict'
import type { Scenario } from '../scenarios.ts'
import { checkIn, isDone } from '../asking.ts'

export const conflict: Scenario = {
  name: 'conflict',
  shows:
    'X63, X73: an upgrade that conflicts with `kubectl set env` holds with what Helm says, and continues with --force-conflicts',
  async run(stage) {
    const values = { tag: 'v5' }
    const id = `caracal-r${(await stage.revision()) + 2}`
    const deployment = 'deployment/caracal-platform-api'
    await stage.kubectl('set', 'env', '--namespace=platform', deployment, 'MODE=changed-by-hand')
    await stage.kubectl('rollout', 'status', '--namespace=platform', deployment)
    await assert.rejects(stage.upgradePlatform(values), /conflict/)
    await stage.both('they say so', (report) => {
      const { state, message } = checkIn(report, 'release-deployed')
      return report.verdict !== 'proceed' && state === 'fail' && /conflict/.test(message)
    })
    const upgrading = stage.upgradePlatform(values, '--force-conflicts')
    await stage.prove(id, values)
    await upgrading
    await stage.acknowledgeAll()
    await stage.both('they may proceed', isDone(id))
  },
}
