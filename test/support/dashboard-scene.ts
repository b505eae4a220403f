import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { startPrometheus, type PrometheusServer } from '../../rig/prometheus.ts'
import * as signals from '../../src/rules/signals.ts'
import type { Family } from '../../src/contract/family.ts'
import { exposition } from '../../src/http/metrics.ts'
import { selfFamilies, signalFamilies, verdictFamilies } from '../../src/contract/families.ts'
import { flag, stateSet, type Samples } from '../../src/http/samples.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { verdicts } from '../../src/core/verdict.ts'
import { author, proceeds, setGround, stopIn, type Gate, type Ground } from './daemon.ts'

/** Moments of a rollout that a real Prometheus has seen, seconds since the epoch. */
export interface Scene {
  readonly prometheus: PrometheusServer
  readonly ground: Ground
  /** The release that the real daemon judges. */
  readonly release: { readonly name: string; readonly namespace: string }
  readonly start: number
  /** The rollout is under way and may go on. */
  readonly calm: number
  /** Dead letters arrive and a replica hangs. */
  readonly stopped: number
  /** What fired was acknowledged. */
  readonly acknowledged: number
  /** What was said then. */
  readonly fixed: GateReport
  /** The rollout ended. */
  readonly finished: number
  /** What was said then. */
  readonly last: GateReport
  /** The daemon was killed, and Prometheus noticed. */
  readonly gone: number
  end(): Promise<void>
}

/** A release in a cluster whose exporter is stuck: its series are made by hand, with the daemon's own writer. */
export const clustered = { name: 'clustered', namespace: 'elsewhere' }

/** Both releases are scraped under this name. */
export const JOB = 'caracal-gate-exporter'

/**
 * Plays a rollout with two faults on the real platform, the real daemon and a real Prometheus.
 * @param pause seconds that each part of it lasts beyond what it needs, for plots with something to see
 */
export async function playScene(pause = 0): Promise<Scene> {
  const ground = await setGround()
  const standIn = await exposeCluster()
  const prometheus = await startPrometheus()
  async function end(): Promise<void> {
    await prometheus.stop()
    await ground.end()
    await standIn.end()
  }
  try {
    return { ...(await play(ground, prometheus, standIn.address, pause)), end }
  } catch (fault) {
    await end()
    throw fault
  }
}

async function play(
  ground: Ground,
  prometheus: PrometheusServer,
  standIn: string,
  pause: number,
): Promise<Omit<Scene, 'end'>> {
  const until = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString()
  const stopConditions = { 'replay-backlog-aging': { mode: 'shadow', until } }
  ground.configure((configuration) => void Object.assign(configuration, { stopConditions }))
  const gate = await ground.start()
  const address = new URL(gate.url).host
  await prometheus.configure({
    targets: [
      { job: JOB, address, labels: { namespace: 'gates' } },
      { job: JOB, address: standIn, labels: { namespace: 'gates', cluster: 'west' } },
    ],
  })
  const start = now()
  await gate.until('it may go on', proceeds, 60)
  const calm = await rollOut(gate, prometheus, pause)
  const stopped = await strike(ground, gate, prometheus, pause)
  const acknowledged = await recover(ground, gate, prometheus, pause)
  const fixed = await gate.report()
  const finished = await finish(gate, prometheus, pause)
  const last = await gate.report()
  await gate.kill()
  await delay(pause * 1_000)
  const isGone = `up{instance="${address}"} == 0 and on (job) up{instance="${standIn}"} == 1`
  const gone = await seen(prometheus, isGone)
  const { release } = last
  return { prometheus, ground, release, start, calm, stopped, acknowledged, fixed, finished, last, gone }
}

function now(): number {
  return Date.now() / 1_000
}

async function rollOut(gate: Gate, prometheus: PrometheusServer, pause: number): Promise<number> {
  for (const phase of ['preflight', 'migrating', 'rolling']) {
    await accepted(gate, '/rollouts', { id: 'release-1.9', phase, ...author })
    await seen(prometheus, `caracal_rollout_phase{state="${phase}"} == 1`)
    await delay(pause * 1_000)
  }
  // What a table says of the last time lies on a grid of 15 s.
  const passed =
    'max_over_time(timestamp(caracal_rollout_check_state{state="pass", check="dead-letters"} == 1)[5m:15s])'
  await seen(prometheus, passed)
  await seen(prometheus, 'count_over_time(caracal_rollout_active[20s]) > 5')
  return seen(
    prometheus,
    'caracal_rollout_verdict{state="proceed"} == 1 and on (instance) caracal_rollout_active == 1',
  )
}

async function strike(
  { platform }: Ground,
  gate: Gate,
  prometheus: PrometheusServer,
  pause: number,
): Promise<number> {
  await platform.faults.inject('audit-dlq-growing')
  await platform.faults.inject('replica-hung')
  await gate.until('both are noticed', isStruck, 60)
  await seen(prometheus, 'sum(rate(caracal_gate_exporter_probe_failures_total[20s])) > 0')
  await delay(pause * 1_000)
  return seen(
    prometheus,
    'caracal_rollout_stop_condition_state{stop_condition="audit-dlq-growing", state="firing"} == 1 and on (instance) caracal_rollout_verdict{state="stop"} == 1',
  )
}

function isStruck(report: GateReport): boolean {
  const isBlind = report.gates.some(({ checks }) => checks.some(({ state }) => state === 'unknown'))
  return report.verdict === 'stop' && stopIn(report, 'audit-dlq-growing').state === 'firing' && isBlind
}

async function recover(
  { platform }: Ground,
  gate: Gate,
  prometheus: PrometheusServer,
  pause: number,
): Promise<number> {
  await platform.faults.clearAll()
  await gate.until(
    'the replica answers',
    ({ gates }) => gates.some(({ id, state }) => id === 'readiness' && state === 'pass'),
    60,
  )
  await delay(pause * 1_000)
  await acknowledgeAll(gate)
  await gate.until('it may go on again', proceeds, 60)
  await delay(pause * 1_000)
  return seen(
    prometheus,
    'caracal_rollout_stop_condition_acknowledged_timestamp_seconds{stop_condition="audit-dlq-growing"}',
  )
}

async function finish(gate: Gate, prometheus: PrometheusServer, pause: number): Promise<number> {
  await accepted(gate, '/rollouts/release-1.9/finish', { outcome: 'done', ...author })
  await delay(pause * 1_000)
  return seen(
    prometheus,
    'caracal_rollout_verdict{state="proceed"} == 1 and on (instance) caracal_rollout_phase{state="done"} == 1',
  )
}

/** A breach that still stands is refused, and asked again until it is over. */
async function acknowledgeAll(gate: Gate): Promise<void> {
  const deadline = performance.now() + 180_000
  for (;;) {
    const { stopConditions } = await gate.report()
    const open = stopConditions.filter(({ latchedAt, acknowledged }) => latchedAt !== null && !acknowledged)
    if (open.length === 0) return
    for (const { id } of open) await gate.post('/acknowledgements', { stopCondition: id, ...author })
    if (performance.now() > deadline)
      throw new Error(`not acknowledged: ${open.map(({ id }) => id).join(', ')}`)
    // Writes are rationed.
    await delay(1_000)
  }
}

async function accepted(gate: Gate, path: string, body: object): Promise<void> {
  const { status, text } = await gate.post(path, body)
  if (status >= 300) throw new Error(`${path} answered ${status}: ${text}`)
}

/** Waits until Prometheus has it; a query about that moment finds it again, whatever comes after. */
async function seen(prometheus: PrometheusServer, promql: string): Promise<number> {
  const [sample] = await prometheus.until(
    `Prometheus sees ${promql}`,
    promql,
    ({ length }) => length > 0,
    120,
  )
  return sample?.at ?? now()
}

/** What an exporter in a cluster exposes besides; its verdict has expired. */
async function exposeCluster(): Promise<{ readonly address: string; end(): Promise<void> }> {
  const body = await exposition(clusterSamples(), 'text')
  const server = createServer((_, response) => response.end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async end() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const replicas = { api: 2, sts: 3, gateway: 3, audit: 2 }

function clusterSamples(): Samples {
  const workloads = Object.entries(replicas)
  function each(family: Family, value: (count: number) => number): Samples[number] {
    return [family, workloads.map(([component, count]) => ({ labels: [component], value: value(count) }))]
  }
  function kinds(family: Family, runs: boolean): Samples[number] {
    return [family, ['postgres', 'streams'].map((kind) => ({ labels: [kind], value: flag(runs) }))]
  }
  return [
    [selfFamilies.release, [{ labels: [clustered.name, clustered.namespace], value: 1 }]],
    [verdictFamilies.verdict, stateSet(verdicts, 'proceed')],
    [verdictFamilies.expiry, [{ labels: [], value: now() - 60 }]],
    [verdictFamilies.causeActive, [{ labels: ['redis-unavailable'], value: 1 }]],
    [verdictFamilies.causeSince, [{ labels: ['redis-unavailable'], value: now() - 30 }]],
    [verdictFamilies.stopExplained, [{ labels: ['sts-unready', 'redis-unavailable'], value: 1 }]],
    each(familyOf(signals.workloadDesired), (count) => count),
    each(familyOf(signals.workloadUpdated), (count) => count - 1),
    each(familyOf(signals.workloadAvailable), (count) => count),
    each(familyOf(signals.workloadRolledOut), () => 0),
    each(familyOf(signals.workloadProgressing), () => 1),
    kinds(familyOf(signals.migrationJobActive), false),
    kinds(familyOf(signals.migrationJobFailed), false),
    kinds(familyOf(signals.migrationJobSucceeded), true),
    [familyOf(signals.migrationEarlyPods), [{ labels: [], value: 0 }]],
  ]
}

function familyOf({ name }: { readonly name: string }): Family {
  const family = signalFamilies.get(name)
  if (family === undefined) throw new Error(`${name} is no measured family`)
  return family
}
