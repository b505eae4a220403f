import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { gatesAt, type Gates } from '../../demo/gates.ts'
import type { KubernetesList, Pod } from '../../rig/kubernetes/objects.ts'
import { digestOf, documents } from '../../src/kubernetes/manifest/documents.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { isReady, summary, until } from './asking.ts'
import type { Ground } from './ground.ts'

export type Values = Readonly<Record<string, unknown>>

/** A pod of the exporter that is asked directly. */
export type Replica = Gates & { readonly pod: string; readonly url: string }

/** A pod with what the scenarios read of its state. */
export type RunningPod = Pod & {
  readonly status?: {
    readonly podIP?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly { readonly containerID?: string; readonly restartCount: number }[]
  }
}

/** How a person acts on the ground, with one version of helm. */
export type Stage = Ground & {
  helm(args: readonly string[], values?: Values): Promise<string>
  kubectl(...args: readonly string[]): Promise<string>
  /** `helm upgrade --install` of the platform; resolves when Helm has seen it become ready. */
  upgradePlatform(values?: Values, ...args: readonly string[]): Promise<void>
  /** The newest revision of the platform's release, whatever became of it. */
  revision(): Promise<number>
  podsOf(namespace: string): Promise<readonly RunningPod[]>
  /** The exporter's pods that are ready. */
  replicas(): Promise<readonly Replica[]>
  /** Waits until two replicas are ready and this holds for both. */
  both(what: string, holds: (report: GateReport) => boolean, withinSeconds?: number): Promise<void>
  /** Waits for a rollout, then pushes what a pipeline proves of the platform with these values. */
  prove(rollout: string, values: Values, more?: Readonly<Record<string, unknown>>): Promise<void>
  /** Acknowledges all that is latched, once it is over. */
  acknowledgeAll(): Promise<void>
  /** Writes a line for the reader of the run. */
  tell(line: string): void
}

const platformChart = resolve(import.meta.dirname, '../fixtures/chart-platform')
export const gateChart = resolve(import.meta.dirname, '../../helm')

/** Two cores carry ten pods that wait. */
const small: Values = { cpu: '10m', autoscaling: { enabled: false } }

const author = { actor: 'a test', reason: 'to see what happens' }

const run = promisify(execFile)

let files = 0

/** @param program path of helm */
export function stageOn(ground: Ground, program: string): Stage {
  const { controlPlane } = ground.node
  const env = { ...process.env, HOME: ground.home, KUBECONFIG: controlPlane.adminKubeconfigPath }

  async function command(path: string, args: readonly string[], timeout: number): Promise<string> {
    return (await run(path, args, { env, timeout, maxBuffer: 2 ** 26 })).stdout
  }

  async function helm(args: readonly string[], values: Values = {}): Promise<string> {
    files += 1
    const file = join(ground.home, `values-${files}.yaml`)
    await writeFile(file, stringify(values))
    return command(program, Object.keys(values).length === 0 ? args : [...args, '--values', file], 300_000)
  }

  async function podsOf(namespace: string): Promise<readonly RunningPod[]> {
    const path = `/api/v1/namespaces/${namespace}/pods`
    return (await controlPlane.request<KubernetesList<RunningPod>>('GET', path)).items
  }

  async function replicas(): Promise<readonly Replica[]> {
    return (await podsOf('gate')).filter(isReady).map(({ metadata, status }) => {
      const url = `http://${status?.podIP ?? ''}:9465`
      return { pod: metadata.name, url, ...gatesAt(url, ground.token) }
    })
  }

  async function anyReplica(): Promise<Replica> {
    return until('a replica is ready', async () => (await replicas())[0])
  }

  async function both(
    what: string,
    holds: (report: GateReport) => boolean,
    withinSeconds?: number,
  ): Promise<void> {
    async function look(): Promise<true> {
      const reports = await Promise.all((await replicas()).map((replica) => replica.report()))
      if (reports.length === 2 && reports.every(holds)) return true
      throw new Error(`replicas: ${reports.length}; ${reports.map(summary).join('; ')}`)
    }
    await until(what, look, withinSeconds)
  }

  return {
    ...ground,
    helm,
    kubectl: (...args) => command(join(dirname(ground.materials.helm), 'kubectl'), args, 240_000),
    async upgradePlatform(values = {}, ...args) {
      const upgrade = ['upgrade', '--install', 'caracal', platformChart, '--namespace', 'platform']
      await helm([...upgrade, '--wait', '--timeout', '180s', ...args], { ...small, ...values })
    },
    async revision() {
      const status = await helm(['status', 'caracal', '--namespace', 'platform', '--output', 'json'])
      return (JSON.parse(status) as { readonly version: number }).version
    },
    podsOf,
    replicas,
    both,
    async prove(rollout, values, more = {}) {
      await both(`they see ${rollout} begin`, ({ rollout: { id } }) => id === rollout)
      const template = ['template', 'caracal', platformChart, '--namespace', 'platform', '--is-upgrade']
      const digest = digestOf(documents(await helm(template, { ...small, ...values })))
      const gate = await anyReplica()
      for (const check of ['helm-render', 'manifest-digest', 'schema-compatibility']) {
        const body = { ...author, digest, outcome: 'pass', validForSeconds: 3_600, ...more }
        const { status, text } = await gate.post(`/evidence/${check}`, body)
        if (status > 201) throw new Error(`evidence for ${check} was refused: ${text}`)
      }
    },
    async acknowledgeAll() {
      await both('what fired is over', ({ stopConditions }) =>
        stopConditions.every(({ state }) => state === 'clear'),
      )
      const gate = await anyReplica()
      for (const { id, latch } of (await gate.report()).stopConditions) {
        if (latch === null || latch.acknowledged !== null) continue
        const { status, text } = await gate.post('/acknowledgements', { stopCondition: id, ...author })
        if (status !== 200) throw new Error(`${id} could not be acknowledged: ${text}`)
      }
    },
    tell: (line) => void process.stdout.write(`        ${line}\n`),
  }
}
