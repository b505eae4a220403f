import assert from 'node:assert/strict'
import { memoryOf } from '../../../rig/node/cgroups.ts'
import { containerOf, isDone, isReady, until } from '../asking.ts'
import type { Scenario } from '../scenarios.ts'
import { gateChart, type RunningPod, type Stage } from '../stage.ts'
import { gateValues } from './install.ts'

const exporter = 'deployment/gate-caracal-gate-exporter'
const mirrorName = `${exporter}-mirror`
/** Seconds from the end of the exporter to a pod that is not ready. */
const soon = 10

export const mirror: Scenario = {
  name: 'mirror',
  shows:
    'the mirror of the verdict is what Helm and `kubectl rollout status` wait for, and killing the exporter makes it unready within 10 s',
  async run(stage) {
    const values = { tag: 'v8' }
    const id = `caracal-r${(await stage.revision()) + 1}`
    const upgrading = stage.upgradePlatform(values)
    await stage.prove(id, values)
    await upgrading
    await stage.both('they may proceed', isDone(id))

    const command = ['upgrade', 'gate', gateChart, '--namespace', 'gate', '--wait', '--timeout', '120s']
    await stage.helm(command, { ...gateValues(stage), mirror: { enabled: true, rollout: id } })
    await stage.kubectl('rollout', 'status', '--namespace=gate', mirrorName, '--timeout=30s')
    const pod = await mirrorOf(stage)
    assert.ok(isReady(pod), 'the mirror is ready')
    const { peak } = await memoryOf(stage.materials.cgroup, containerOf(pod))
    stage.tell(`${pod.metadata.name}: ${Math.round(peak / 2 ** 20)} MiB at its peak`)

    await killExporter(stage)
    const began = performance.now()
    await stage.kubectl('scale', '--namespace=gate', exporter, '--replicas=0')
    await until(
      'the mirror is not ready',
      async () => ((await isMirrorReady(stage)) ? undefined : true),
      soon,
    )
    stage.tell(
      `not ready ${((performance.now() - began) / 1_000).toFixed(1)} s after the exporter was killed`,
    )
    await stage.kubectl('scale', '--namespace=gate', exporter, '--replicas=2')
    await until('the mirror is ready again', async () => ((await isMirrorReady(stage)) ? true : undefined))
    await stage.helm(command, gateValues(stage))
  },
}

async function mirrorOf(stage: Stage): Promise<RunningPod> {
  const found = (await stage.podsOf('gate')).find(({ metadata }) => metadata.name.includes('-mirror-'))
  if (found === undefined) throw new Error('there is no pod of the mirror')
  return found
}

async function isMirrorReady(stage: Stage): Promise<boolean> {
  return isReady(await mirrorOf(stage))
}

async function killExporter(stage: Stage): Promise<void> {
  const pods = (await stage.podsOf('gate')).filter(({ metadata }) => !metadata.name.includes('-mirror-'))
  await Promise.all(pods.map((pod) => stage.node.runtime.kill(containerOf(pod))))
}
