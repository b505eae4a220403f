import assert from 'node:assert/strict'
import { isDone } from '../asking.ts'
import type { Scenario } from '../scenarios.ts'
import { stageOn } from '../stage.ts'
import { installGate } from './install.ts'

export const oldestHelm: Scenario = {
  name: 'oldest-helm',
  shows:
    'all of it again by the oldest Helm that the chart supports: installation, `helm test`, an upgrade to `proceed`',
  async run(stage) {
    for (const release of [
      ['gate', 'gate'],
      ['caracal', 'platform'],
    ] as const)
      await stage.helm(['uninstall', release[0], '--namespace', release[1], '--wait', '--timeout', '120s'])
    // What the chart keeps on purpose belongs to the release that is gone.
    await stage.kubectl('delete', 'configmap', '--namespace=gate', '--all')
    const old = stageOn(stage, stage.materials.oldestHelm)
    assert.match(await old.helm(['version', '--short']), /^v3\./)
    await old.upgradePlatform({ tag: 'v6' })
    await installGate(old)
    const said = await old.helm(['test', 'gate', '--namespace', 'gate', '--timeout', '120s'])
    assert.match(said, /Phase:\s+Succeeded/)
    const values = { tag: 'v7' }
    const upgrading = old.upgradePlatform(values)
    await old.prove('caracal-r2', values)
    await upgrading
    await old.both('they may proceed', isDone('caracal-r2'))
  },
}
