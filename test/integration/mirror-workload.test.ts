import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import { startKubelet, type Kubelet } from '../../rig/kubernetes/kubelet.ts'
import type { KubernetesObject, Pod } from '../../rig/kubernetes/objects.ts'
import { freePort } from '../../rig/processes.ts'
import { helmBinary } from '../../scripts/helm.ts'
import { commands } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { renderChart, theOne } from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'
import { healthOf } from '../support/clients/health.ts'
import { at, documentsIn, fencesOf, listAt, pageOf, type Tree } from '../support/clients/recipe.ts'
import { cleanUp, exporter, listen } from '../support/cli-process.ts'
import { eventually } from '../support/waiting.ts'
import { held, report, stopped } from '../unit/cli/reports.ts'

// The Deployment as the chart renders it, on a real API server with the real controller of Deployments. In its pod runs the
// mirror with the arguments of the pod. How well it is say kstatus and gitops-engine.

const name = 'gate-caracal-gate-exporter-mirror'
const path = `/apis/apps/v1/namespaces/gate/deployments/${name}`
/** What the stand-in for the exporter says of a rollout. */
const of = (id: string, document: GateReport): GateReport => ({
  ...document,
  rollout: { ...document.rollout, id },
})

const gate = exporter(of('caracal/47', held()))
let port: number
let controlPlane: ControlPlane
let kubelet: Kubelet

beforeAll(async () => {
  port = (await listen(gate.listener)).port
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace('gate')
  kubelet = await startKubelet(controlPlane, {
    namespace: 'gate',
    nodes: 1,
    // A pod of the rollout before takes its time to end.
    plan: () => ({ stopAfterMs: 1_000 }),
    run: mirrorIn,
  })
}, 120_000)

afterAll(async () => {
  await kubelet.stop()
  await controlPlane.stop()
  await cleanUp()
})

/** Runs the arguments of a pod, against the exporter of this test, and probes it as a kubelet does. */
async function mirrorIn(pod: Pod) {
  const args = listAt(pod, 'spec', 'containers', 0, 'args').map(String)
  const own = await freePort()
  const ending = new AbortController()
  const nothing = { write: () => true }
  const running = run(
    {
      argv: [...args, '--url', `http://127.0.0.1:${port}`, '--listen', `127.0.0.1:${own}`],
      env: {},
      stdout: nothing,
      stderr: nothing,
      interrupted: ending.signal,
      version: () => Promise.resolve('0'),
    },
    commands,
  )
  return {
    ready: async () => (await fetch(`http://127.0.0.1:${own}/readyz`)).status === 200,
    async stop() {
      ending.abort('SIGTERM')
      await running
    },
  }
}

async function deploymentFor(rollout: string): Promise<KubernetesObject> {
  const values = { ...chartValues['minimal'], mirror: { enabled: true, rollout } }
  return theOne(await renderChart(values), 'Deployment', name) as unknown as KubernetesObject
}

/** The states of the page, by what clients make of them. */
const [, table = ''] = /^\| state of the mirror +\|([^]*?)\n\n/m.exec(pageOf('mirror.md')) ?? []
const rows = new Map(
  [...table.matchAll(/^\| (.*?) +\| `(.*?)` +\| `(.*?)` +\|$/gm)].map(([, state = '', kstatus, argo]) => [
    state,
    { kstatus, flux: kstatus, argo },
  ]),
)
const seen = new Set<string>()

/** Waits until the clients make of the object what the page says of this state. */
async function isSeen(state: string): Promise<void> {
  seen.add(state)
  const expected = rows.get(state)
  expect(expected).toBeDefined()
  await eventually(`clients see that it is ${state}`, async () => {
    const health = await healthOf(
      (await controlPlane.request<KubernetesObject>('GET', path)) as unknown as Tree,
    )
    return JSON.stringify(health) === JSON.stringify(expected)
  })
}

/** What `kubectl rollout status` ends with within this time. */
async function rolloutStatus(timeout: string): Promise<number> {
  const kubectl = join(dirname((await helmBinary()) ?? ''), 'kubectl')
  const args = ['--kubeconfig', controlPlane.adminKubeconfigPath, '--namespace', 'gate', 'rollout', 'status']
  return new Promise((done) => {
    execFile(kubectl, [...args, `deployment/${name}`, `--timeout=${timeout}`], (error) =>
      done(error === null ? 0 : Number(error.code)),
    )
  })
}

const closed = 'not ready yet: hold, stop, another rollout, no answer'
const open = 'ready: proceed'
const closedAgain = 'ready before, and not now: a stop, or the exporter ended'

describe('the Deployment of a mirror', () => {
  it('R184: is current exactly while its rollout may proceed', async () => {
    await controlPlane.apply(await deploymentFor('caracal/47'))
    await isSeen(closed)
    expect(await rolloutStatus('1s')).toBe(1)
    gate.change(of('caracal/47', report()))
    expect(await rolloutStatus('20s')).toBe(0)
    await isSeen(open)
    gate.change(of('caracal/47', stopped()))
    await isSeen(closedAgain)
    gate.change(of('caracal/47', report()))
    await isSeen(open)
  }, 60_000)

  it('R184: is not current for the rollout that follows, be it rendered anew or not', async () => {
    gate.change(of('caracal/48', held()))
    await isSeen(closedAgain)
    gate.change(of('caracal/47', report()))
    await isSeen(open)
    const applied = await controlPlane.apply(await deploymentFor('caracal/48'))
    // As it was before the controller has seen the new rollout: ready by the verdict about the one before.
    seen.add('the new rollout was applied, and not taken up yet')
    expect(await healthOf(applied as unknown as Tree)).toEqual(
      rows.get('the new rollout was applied, and not taken up yet'),
    )
    await isSeen('the pod of the rollout before still ends')
    await isSeen(closed)
    gate.change(of('caracal/48', report()))
    await isSeen(open)
  }, 60_000)

  it('says what each state of the page is', () => {
    expect([...rows.keys()].toSorted()).toEqual([...seen].toSorted())
  })

  it('is on the page as the chart renders it, and the API server takes it field by field', async () => {
    const [page = {}] = documentsIn(fencesOf('mirror.md', 'yaml')[0] ?? '')
    const chart = (await deploymentFor('gitops/48')) as unknown as Tree
    for (const field of ['replicas', 'strategy', 'progressDeadlineSeconds'])
      expect(at(page, 'spec', field)).toEqual(at(chart, 'spec', field))
    const container = (tree: Tree) => at(tree, 'spec', 'template', 'spec', 'containers', 0) as Tree
    for (const field of ['readinessProbe', 'livenessProbe', 'ports', 'resources', 'securityContext'])
      expect(container(page)[field]).toEqual(container(chart)[field])
    expect(at(page, 'spec', 'template', 'metadata', 'annotations')).toEqual(
      at(chart, 'spec', 'template', 'metadata', 'annotations'),
    )
    const placed = { ...page, metadata: { ...(page['metadata'] as Tree), namespace: 'gate' } }
    const create = '/apis/apps/v1/namespaces/gate/deployments?dryRun=All&fieldValidation=Strict'
    await controlPlane.request('POST', create, placed)
  })
})
