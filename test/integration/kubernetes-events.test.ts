import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import type { KubernetesList, KubernetesObject } from '../../rig/kubernetes/objects.ts'
import { helmBinary } from '../../scripts/helm.ts'
import { openAnnouncing } from '../../src/daemon/announcing.ts'
import { append, type Event, type Ledger } from '../../src/rollout/ledger.ts'
import { renderChart, theOne } from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'
import { eventually } from '../support/waiting.ts'

// Events on a real kube-apiserver, by an account with the Role of the chart, as kubectl shows them.

const deployment = 'gate-caracal-gate-exporter'
const now = Date.now()

interface ClusterEvent extends KubernetesObject {
  readonly reason: string
  readonly type: string
  readonly note: string
  readonly regarding: { readonly uid: string }
}

let controlPlane: ControlPlane
/** Kubeconfigs of accounts with and without the right. */
let kubeconfigs: Readonly<Record<'granted' | 'refused', string>>

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace('gate')
  const chart = await renderChart(chartValues['minimal'] ?? {})
  for (const [kind, name] of [
    ['ServiceAccount', deployment],
    ['Role', `${deployment}-state`],
    ['RoleBinding', `${deployment}-state`],
    ['Deployment', deployment],
  ] as const)
    await controlPlane.apply(theOne(chart, kind, name) as unknown as KubernetesObject)
  await controlPlane.apply({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'other', namespace: 'gate' },
  } as KubernetesObject)
  kubeconfigs = {
    granted: (await controlPlane.kubeconfigFor('gate', deployment)).path,
    refused: (await controlPlane.kubeconfigFor('gate', 'other')).path,
  }
}, 120_000)

afterAll(() => controlPlane.stop())

const turned = (to: string, secondsAgo: number, message: string): Event => ({
  at: now - secondsAgo * 1_000,
  kind: 'transition',
  subject: 'verdict',
  message,
  from: 'hold',
  to,
  rollout: 'caracal/48',
})

function announcing(account: keyof typeof kubeconfigs, ledger: Ledger) {
  const warnings: unknown[] = []
  const kubernetes = {
    enabled: true,
    helmSecrets: false,
    kubeconfig: kubeconfigs[account],
    events: { deployment, namespace: 'gate' },
  }
  const opened = openAnnouncing({
    clock: { now: () => now },
    log: { warn: (...words: unknown[]) => void warnings.push(words) } as never,
    config: () => ({ kubernetes }),
    ledger: () => ledger,
  })
  return { ...opened, warnings }
}

async function events(): Promise<readonly ClusterEvent[]> {
  const path = '/apis/events.k8s.io/v1/namespaces/gate/events'
  const { items } = await controlPlane.request<KubernetesList<ClusterEvent>>('GET', path)
  return items.filter(({ reason }) => reason.startsWith('Rollout'))
}

const ledger = append(
  [],
  [
    turned('proceed', 60, 'Proceed: all 6 required gates pass'),
    { ...turned('firing', 30, '3 dead rows'), subject: 'stop-condition/outbox-dead-messages' },
    turned('stop', 29, `Stop: 3 dead rows ${'\u{1F525}'.repeat(400)}`),
    turned('hold', 1, 'Hold: too young to be announced'),
  ],
)

describe('Events about the Deployment of the exporter', () => {
  it('R183: are one for each change, however many replicas announce it, and kubectl shows them', async () => {
    const replicas = [announcing('granted', ledger), announcing('granted', ledger)]
    for (const replica of replicas) replica.consider()
    await eventually('three events', async () => (await events()).length === 3)
    for (const replica of replicas) await replica.stop()
    // A daemon that starts anew has nothing to add.
    const again = announcing('granted', ledger)
    again.consider()
    await again.stop()
    const found = (await events()).toSorted((a, b) => (a.reason < b.reason ? -1 : 1))
    expect(found.map(({ reason, type }) => [reason, type])).toEqual([
      ['RolloutProceed', 'Normal'],
      ['RolloutStop', 'Warning'],
      ['RolloutStop', 'Warning'],
    ])
    expect(found[0]?.note).toBe('caracal/48: Proceed: all 6 required gates pass')
    for (const { note } of found) expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024)
    const kubectl = join(dirname((await helmBinary()) ?? ''), 'kubectl')
    const args = ['--kubeconfig', controlPlane.adminKubeconfigPath, '--namespace', 'gate']
    const { stdout } = await promisify(execFile)(kubectl, [...args, 'describe', 'deployment', deployment])
    expect(stdout).toMatch(/Normal +RolloutProceed .*caracal\/48: Proceed: all 6 required gates pass/)
    expect(stdout).toMatch(/Warning +RolloutStop .*outbox-dead-messages fires: 3 dead rows/)
  })

  it('R183: are left out without the right, which is said once', async () => {
    const refused = announcing('refused', ledger)
    for (let turn = 0; turn < 3; turn += 1) {
      refused.consider()
      await eventually('it is said', () => Promise.resolve(refused.warnings.length > 0))
    }
    await refused.stop()
    expect(refused.warnings).toEqual([[expect.anything(), expect.stringContaining('not announced')]])
    expect(JSON.stringify(refused.warnings)).toContain('the API server forbids it')
  })
})
