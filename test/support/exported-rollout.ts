import { generateKeyPairSync } from 'node:crypto'
import { PUSHED_EVIDENCE, type Batch } from '../../src/core/observation.ts'
import { targetOf } from '../../src/core/pushed.ts'
import { read } from '../../src/core/signal.ts'
import { initialSnapshot, type Snapshot } from '../../src/core/snapshot.ts'
import { exportsOf } from '../../src/daemon/exports.ts'
import type { Exportable, Exports } from '../../src/http/context.ts'
import { exportText } from '../../src/http/export.ts'
import { namesOfKey, signerOf, type Signer } from '../../src/proof/envelope.ts'
import { acknowledge, begin, finish, type Result } from '../../src/rollout/commands.ts'
import { evaluate, type Evaluated } from '../../src/rollout/evaluation.ts'
import type { Event } from '../../src/rollout/ledger.ts'
import { nothingRemembered } from '../../src/rollout/memory.ts'
import { endOverride, override } from '../../src/rollout/overrides.ts'
import { pushedEvidence, workloadContainer } from '../../src/rules/signals.ts'
import { depth, nothingArrives, aStop, smallRules } from '../unit/core/small-rules.ts'
import { start } from '../unit/http/context.ts'
import { showing } from './timeline.ts'

const SECOND = 1_000
const author = { actor: 'ann (ci)', reason: 'release 1.9' }
const content = `sha256:${'a1'.repeat(32)}`
const former = `sha256:${'b2'.repeat(32)}`

/** A pair of keys, and what names it. */
export function newKey() {
  const pair = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { ...pair, signer: signerOf(pair.privateKey), names: namesOfKey(pair.publicKey) }
}

/** A daemon that is played, a second at a time, over a queue that is as deep as it is told. */
export function playedDaemon() {
  const rules = smallRules({
    stops: [aStop({ kind: 'edge', condition: nothingArrives })],
    steady: 2 * SECOND,
    providers: new Map([
      [depth.name, 'small'],
      [workloadContainer.name, 'workloads'],
      [pushedEvidence.name, PUSHED_EVIDENCE],
    ]),
    judge: { version: '0.1.0', configuration: `sha256:${'c3'.repeat(32)}` },
  })
  let now: Evaluated = { snapshot: initialSnapshot(start, rules), memory: nothingRemembered }
  let at = start + 0.25
  let entries = 1

  function step(batches: readonly Batch[] = [], commanded?: Extract<Result, { ok: true }>): void {
    at += SECOND
    const news = {
      now: at,
      batches: [...batches, showing(at, { queue: entries })],
      ...(commanded !== undefined && { commanded: commanded.snapshot, events: commanded.events }),
    }
    now = evaluate(now, news, rules, 'caracal')
  }
  function command(apply: (snapshot: Snapshot, at: number) => Result): void {
    const result = apply(now.snapshot, at)
    if (!result.ok) throw new Error(result.detail)
    step([], result)
  }
  return {
    step,
    seconds(count: number) {
      for (let n = 0; n < count; n++) step()
    },
    /** Writes a line that is about no rollout. */
    note(kind: Event['kind']) {
      at += SECOND
      const events = [{ at, kind, subject: 'daemon', message: 'noted' }]
      now = evaluate(now, { now: at, batches: [], events }, rules, 'caracal')
    },
    arrive: (count: number) => void (entries += count),
    at: () => at,
    now: () => now,
    begin: (id: string) => command((snapshot, when) => begin(snapshot, { ...author, id }, when)),
    override: (item: string, seconds: number, why = author) =>
      command((snapshot, when) => {
        const wish = { item, until: when + seconds * SECOND, latched: false, replace: true }
        return override(snapshot, rules, wish, why, when)
      }),
    endOverride: (item: string) => command((snapshot, when) => endOverride(snapshot, item, author, when)),
    acknowledge: (id: string) => command((snapshot, when) => acknowledge(snapshot, id, author, when)),
    finish: (id: string, outcome: 'done' | 'failed' = 'done') =>
      command((snapshot, when) => finish(snapshot, id, { outcome }, author, when)),
    exports: (signer?: Signer): Exports => ({
      ...exportsOf(
        { memory: () => now.memory, current: () => now.snapshot, rules: () => rules },
        { release: { name: 'caracal', namespace: 'platform' } },
      ),
      ...(signer !== undefined && { signer }),
    }),
  }
}

/** Two pods of the API: a new one by a digest that registries know, and an old one. */
export function podsOfTheApi(at: number): Batch {
  const target = { id: 'workload/api', labels: { component: 'api' } }
  const reading = (replica: string, revision: string, reported: string, tag: string) =>
    read(
      workloadContainer,
      {
        component: 'api',
        replica,
        part: 'api',
        role: 'main',
        revision,
        image: 'api',
        tag,
        digest: '',
        template_digest: '',
        reported,
        reported_as: 'content',
      },
      1,
    )
  const readings = [reading('api-7', 'target', content, '1.9'), reading('api-3', 'other', former, '1.8')]
  return {
    probe: 'workloads',
    at,
    targets: [target],
    observations: [
      { target, at, took: 1, validFor: 60 * SECOND, outcome: { ok: true, readings, blindSpots: [] } },
    ],
  }
}

/** Evidence of a pipeline about a rollout that began at `life`. */
export function evidenceFor(rollout: string, life: number, at: number, detail = 'rendered, says ci'): Batch {
  const target = targetOf({ check: 'manifest-digest', outcome: 'pass', issued: at, since: at, rollout, life })
  const readings = [read(pushedEvidence, { check: 'manifest-digest' }, 1, detail)]
  return {
    probe: PUSHED_EVIDENCE,
    at,
    targets: [target],
    observations: [
      { target, at, took: 0, validFor: 3_600_000, outcome: { ok: true, readings, blindSpots: [] } },
    ],
  }
}

/** A rollout that was stopped, acknowledged, and done. */
export function doneRollout(id = 'caracal/47') {
  const daemon = playedDaemon()
  daemon.seconds(4)
  daemon.begin(id)
  const life = daemon.now().snapshot.rollout?.startedAt ?? 0
  daemon.step([podsOfTheApi(daemon.at()), evidenceFor(id, life, daemon.at())])
  daemon.seconds(3)
  daemon.arrive(3)
  daemon.seconds(2)
  daemon.acknowledge('deep')
  daemon.seconds(4)
  daemon.finish(id)
  daemon.seconds(1)
  return daemon
}

/** The file of the newest rollout. */
export function fileOf(exports: Exports, one: Exportable | undefined = exports.rollouts[0]): string {
  if (one === undefined) throw new Error('there is no rollout')
  const lives = exports.rollouts.filter(({ rollout }) => rollout.id === one.rollout.id).toReversed()
  return exportText(
    one,
    lives.map(({ rollout }) => rollout),
    exports,
  )
}
