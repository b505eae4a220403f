import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubernetesList, KubernetesObject } from '../../rig/kubernetes/objects.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { firstBroken } from '../../src/rollout/ledger.ts'
import type { Memory } from '../../src/rollout/memory.ts'
import { renderChart, theOne } from '../support/chart.ts'
import { chartState, pushEvidence, setClusterGround } from '../support/cluster-ground.ts'
import type { ClusterGround } from '../support/cluster-ground.ts'
import { author, isFiring, proceeds, stopIn, type Gate } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

// Two daemons that watch one release in a real cluster and keep what they remember in one ConfigMap.

const stop = 'outbox-dead-messages'
const values = { tag: 'v2' }
const account = 'gate-caracal-gate-exporter'
let ground: ClusterGround
let one: Gate
let two: Gate

beforeAll(async () => {
  ground = await setClusterGround()
  await ground.cluster.upgrade()
  await ground.cluster.controlPlane.apply(await ownDeployment())
  ground.configure((configuration) => {
    configuration['state'] = chartState
    const kubernetes = configuration['kubernetes'] as object
    configuration['kubernetes'] = { ...kubernetes, events: { deployment: account, namespace: 'gate' } }
  })
  one = await ground.start()
  two = await ground.start()
})

afterAll(() => ground.end())

/** The object that Events are about; the daemons run outside of it. */
async function ownDeployment(): Promise<KubernetesObject> {
  const deployment = theOne(await renderChart({}), 'Deployment', account)
  return { ...deployment, spec: { ...(deployment['spec'] as object), replicas: 0 } } as KubernetesObject
}

interface Stored {
  readonly metadata: { readonly resourceVersion: string }
  readonly binaryData: { readonly state: string }
}

function stored(): Promise<Stored> {
  const { namespace, configMap } = chartState
  const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap}`
  return ground.cluster.controlPlane.request<Stored>('GET', path)
}

async function memory(): Promise<Memory> {
  const { binaryData } = await stored()
  return (JSON.parse(gunzipSync(Buffer.from(binaryData.state, 'base64')).toString()) as { memory: Memory })
    .memory
}

/** Both come to this. */
async function both(what: string, holds: (report: GateReport) => boolean, seconds = 30): Promise<void> {
  await Promise.all([one, two].map((gate) => gate.until(what, holds, seconds)))
}

describe('two replicas of the daemon', () => {
  it('both follow one rollout, which has one beginning', async () => {
    const quiet = ({ gates, rollout }: GateReport) =>
      rollout.phase === 'idle' && gates.find(({ id }) => id === 'readiness')?.state === 'pass'
    await both('the release stands', quiet)
    const upgrading = ground.cluster.upgrade(values)
    await both('it is detected', ({ rollout }) => rollout.id === 'caracal-r2')
    await upgrading
    const { ledger } = await memory()
    const begun = ledger.filter(({ kind }) => kind === 'rollout-begun')
    expect(begun.map(({ subject }) => subject)).toEqual(['caracal-r2'])
    await eventually('it began at one time', async () => {
      const [first, second] = await Promise.all([one.report(), two.report()])
      return first.rollout.startedAt === second.rollout.startedAt
    })
  })

  it('both latch what happened, and one acknowledgement counts for both', async () => {
    await ground.cluster.platform.faults.inject(stop)
    await both('it fires', isFiring(stop))
    await ground.cluster.platform.faults.clear(stop)
    await both('its cause is gone', (report) => stopIn(report, stop).state === 'clear')
    await both('it is latched', ({ verdict }) => verdict === 'stop')
    expect((await two.post('/acknowledgements', { stopCondition: stop, ...author })).status).toBe(200)
    await both('it is acknowledged', (report) => stopIn(report, stop).acknowledged)
    const reports = await Promise.all([one.report(), two.report()])
    expect(reports.map((report) => stopIn(report, stop).latch?.acknowledged?.actor)).toEqual([
      expect.stringContaining(author.actor),
      expect.stringContaining(author.actor),
    ])
  })

  it('both know evidence that one was given, also after kill -9 of that one', async () => {
    await pushEvidence(ground, one, values)
    await one.kill()
    const rendered = ({ gates }: GateReport) =>
      gates.find(({ id }) => id === 'render-validation')?.state === 'pass'
    await two.until('the other knows', rendered, 30)
    one = await ground.start()
    await both('both know', rendered)
    await both('both may proceed', proceeds, 60)
  })

  it('have one ledger and one history, in which each line stands once', async () => {
    await both('it is done', ({ rollout }) => rollout.phase === 'done')
    await eventually('both tell the same', async () => {
      const told = await Promise.all([one, two].map((gate) => gate.get('/rollouts/caracal-r2')))
      return new Set(told.map(({ text }) => text)).size === 1
    })
    await eventually('it is written', async () => (await memory()).rollout?.phase === 'done')
    const { ledger, history } = await memory()
    expect(firstBroken(ledger)).toBeUndefined()
    expect(history.map(({ rollout }) => rollout.id)).toEqual(['caracal-r2'])
    expect(history[0]?.stops[stop]?.acknowledged?.actor).toContain(author.actor)
    const steps = ledger.filter(({ kind }) => kind === 'rollout-phase' || kind === 'rollout-finished')
    const told = steps.map(({ from, to }) => `${from} -> ${to}`)
    for (const [n, step] of told.entries()) expect([n, step]).not.toEqual([n, told[n - 1]])
    expect(told.at(-1)).toBe('verifying -> done')
  })

  it('R183: have announced each change of the verdict once', async () => {
    interface Announced extends KubernetesObject {
      readonly reason: string
    }
    const path = '/apis/events.k8s.io/v1/namespaces/gate/events'
    const changes = (await memory()).ledger.filter(
      ({ kind, subject, to }) =>
        kind === 'transition' &&
        (subject === 'verdict' || (subject.startsWith('stop-condition/') && to === 'firing')),
    )
    await eventually('each has an event, and nothing else has', async () => {
      const { items } = await ground.cluster.controlPlane.request<KubernetesList<Announced>>('GET', path)
      const events = items.filter(({ reason }) => reason.startsWith('Rollout'))
      const names = events.map(({ metadata }) => metadata.name).toSorted()
      const wanted = changes.map(({ hash }) => `caracal-gate-${hash.slice(0, 20)}`).toSorted()
      return names.join() === wanted.join()
    })
    expect(changes.map(({ to }) => to)).toEqual(expect.arrayContaining(['firing', 'stop', 'proceed']))
  })

  it('write nothing while nothing happens', async () => {
    await both('it is quiet', ({ evaluator }) => evaluator.cadence === 'quiet', 60)
    async function isLeftAlone(): Promise<boolean> {
      const before = (await stored()).metadata.resourceVersion
      await delay(5_000)
      return (await stored()).metadata.resourceVersion === before
    }
    await eventually('it is left alone', isLeftAlone, 30)
  })
})
