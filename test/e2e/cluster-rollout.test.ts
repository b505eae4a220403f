import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport, ProbeDocument } from '../../src/contract/document.ts'
import { phaseIs, pushEvidence, setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { author, checkIn, proceeds, stopIn, type Gate } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

// A real API server with its controllers, a real helm, a chart of five services, and in their pods the simulated
// platform; only scheduler and kubelet are stand-ins.

let ground: ClusterGround
let gate: Gate

beforeAll(async () => {
  ground = await setClusterGround()
  await ground.cluster.upgrade()
  ground.configure()
  gate = await ground.start()
})

afterAll(() => ground.end())

/** Every phase that is seen until a report is accepted. */
async function phasesUntil(
  what: string,
  accept: (report: GateReport) => boolean,
): Promise<readonly string[]> {
  const phases: string[] = []
  await gate.until(
    what,
    (report) => {
      const phase = report.rollout.phase
      if (phases.at(-1) !== phase) phases.push(phase)
      return accept(report)
    },
    60,
  )
  return phases
}

/** Milliseconds between the last two attempts at `/health` of each replica. */
async function spansOfHealth(): Promise<readonly number[]> {
  const { successes } = (await gate.get('/debug/probes/health-endpoint')).json<ProbeDocument>()
  const times = Map.groupBy(successes, ({ target }) => target)
  return [...times.values()].map((own) => {
    const [last = 0, before = last] = own.map(({ at }) => Date.parse(at)).toSorted((a, b) => b - a)
    return last - before
  })
}

/** Series of the process and of the histograms: they do not grow with the release. */
const aboutTheExporter =
  /^(process_|nodejs_|caracal_gate_exporter_(probe_attempt_duration|publication_delay|http_request_duration)_)/

describe('a clean upgrade in a cluster', () => {
  it('is preceded by a release of which each pod is found and proves its readiness', async () => {
    const ready = ({ gates }: GateReport) => gates.find(({ id }) => id === 'readiness')?.state === 'pass'
    const report = await gate.until('readiness is proven', ready, 30)
    expect(report.rollout.phase).toBe('idle')
    expect(stopIn(report, 'gateway-unready').state).toBe('clear')
  })

  it('R134: finds replicas whose kubelet proves their readiness, which are asked seldom though it is brisk', async () => {
    await gate.post('/rollouts', { id: 'watched', phase: 'preflight', ...author })
    await gate.until('it is brisk', ({ evaluator }) => evaluator.cadence === 'brisk', 10)
    // A brisk attempt in 400 ms would be the usual.
    await eventually('each is asked seldom', async () => {
      const spans = await spansOfHealth()
      return spans.length > 1 && spans.every((span) => span > 4_000)
    })
    await gate.post('/rollouts/watched/finish', { outcome: 'failed', ...author })
  })

  it('is detected, goes through migrating, rolling and verifying, and is done when every gate is proven', async () => {
    const values = { tag: 'v2' }
    const upgrading = ground.cluster.upgrade(values)
    await gate.until('it is detected', ({ rollout }) => rollout.id === 'caracal-r2', 30)
    await pushEvidence(ground, gate, values)
    const phases = await phasesUntil('it is done', phaseIs('done'))
    await upgrading
    expect(phases).toEqual(expect.arrayContaining(['rolling', 'verifying', 'done']))
    // That it began in preflight is seen only where the revision is heard before its Job.
    const { text } = await gate.get('/rollouts/caracal-r2')
    const steps = ['migrating -> rolling', 'rolling -> verifying', 'verifying -> done']
    for (const step of steps) expect(text).toContain(step)
    // What is under way is never shown as a failure, not even for the moment in which it is detected.
    expect(text).not.toContain('-> fail')

    const report = await gate.until('it may proceed', proceeds, 10)
    expect(report.gates.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'source-verification pass',
      'render-validation pass',
      'migration-safety pass',
      'readiness pass',
      'event-health pass',
      'rollback-plan pass',
    ])
    expect(report.stopConditions.filter(({ state }) => state !== 'clear')).toEqual([])
    expect(report.rollout).toMatchObject({
      phase: 'done',
      detectedBy: 'helm-revision',
      revision: '2',
      chart: 'platform-1.0.0',
      images: { sts: 'registry.example/sts:v2' },
    })
    expect(report.rollback).toMatchObject({ viable: 'yes', advice: 'rollback' })
  })

  it('is forgotten nowhere while the configuration is reloaded', async () => {
    const before = await gate.report()
    gate.signal('SIGHUP')
    const isReloaded = ({ evaluator }: GateReport) =>
      evaluator.configReload.at !== before.evaluator.configReload.at
    const after = await gate.until('it is reloaded', isReloaded, 10)
    for (const id of ['ready-gateway', 'workload-rollout', 'migration-jobs']) {
      const { state, since } = checkIn(after, id)
      expect([id, state, since]).toEqual([id, 'pass', checkIn(before, id).since])
    }
  })

  it('has a bounded number of series, and none of a pod that is gone', async () => {
    const { text } = await gate.get('/metrics')
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(series.filter((line) => !aboutTheExporter.test(line)).length).toBeLessThan(750)
    expect(series.length).toBeLessThan(1_000)
    const replicas = series.flatMap(
      (line) => /^caracal_readiness_ready\{.*replica="([^"]+)"/.exec(line)?.[1] ?? [],
    )
    const living = ground.cluster.kubelet.podNames().filter((name) => !name.includes('migrate'))
    expect(replicas.toSorted()).toEqual(living.toSorted())
  })

  it('shows no value of a Secret anywhere', async () => {
    const paths = ['/gates', '/metrics', '/config', '/rollouts/caracal-r2', '/debug/probes/secret-references']
    const answers = await Promise.all(paths.map((path) => gate.get(path)))
    for (const { text } of answers) expect(text).not.toContain('value-that-nobody-may-show')
    expect(ground.log()).not.toContain('value-that-nobody-may-show')
  })
})
