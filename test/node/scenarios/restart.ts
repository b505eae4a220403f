import type { Scenario } from '../scenarios.ts'
import { isDone } from '../asking.ts'

export const restart: Scenario = {
  name: 'restart',
  shows:
    'X61: after `kubectl rollout restart` evidence that was named for the upgrade counts on, since the manifest is the same',
  async run(stage) {
    const values = { tag: 'v4' }
    const id = `caracal-r${(await stage.revision()) + 1}`
    const upgrading = stage.upgradePlatform(values)
    await stage.prove(id, values, { rollout: id })
    await upgrading
    await stage.both('they may proceed', isDone(id))
    await stage.kubectl('rollout', 'restart', '--namespace=platform', 'deployment/caracal-platform-api')
    await stage.both('they see another rollout', ({ rollout }) => rollout.id !== id)
    await stage.kubectl('rollout', 'status', '--namespace=platform', 'deployment/caracal-platform-api')
    await stage.both(
      'they may proceed again',
      ({ verdict, rollout }) => verdict === 'proceed' && rollout.phase === 'done',
    )
  },
}
