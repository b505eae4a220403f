import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { revealed } from '../config/secret.ts'
import { ownTimeTotals, punctuality } from '../connections/own-time.ts'
import { STARVED } from '../core/punctuality.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import type { Clock, Instant } from '../core/time.ts'
import type { PublishContext, ReportContext, SelfStats } from '../http/context.ts'
import { processMetrics, type Instruments } from '../http/instruments.ts'
import { rollbackOf } from '../rollout/rollback.ts'
import type { Cadence } from './cadence.ts'
import { expiryOf } from './certificate.ts'
import { commandsOf } from './commands.ts'
import { EVALUATION_INTERVAL, type Engine } from './engine.ts'
import { exporterOf } from './exporter.ts'
import { exportsOf } from './exports.ts'
import { historyOf } from './history.ts'
import type { Recorder } from './recorder.ts'
import type { Costs, Records } from './records.ts'
import type { StateStore } from './state-store.ts'
import { authoriser, type Authorise } from './tokens.ts'

/** What the daemon is started with. */
export interface Dependencies {
  readonly clock: Clock
  readonly log: Logger
  readonly version: string
  /** Writes of the log that failed so far. */
  readonly lostWrites: () => number
}

/** An effective configuration with what is said about it. */
export type Configured = Pick<LoadedConfig, 'config' | 'shown' | 'hash'>

/** The rules, with who judges by them. */
export function judgedBy(
  { rules }: { readonly rules: Rules },
  { hash }: Configured,
  { version }: Dependencies,
): Rules {
  return { ...rules, judge: { version, configuration: hash } }
}

/** The parts of a running daemon that publishers read. */
export interface Parts extends Dependencies {
  readonly startedAt: Instant
  readonly engine: Engine
  readonly records: Records
  readonly instruments: Instruments
  readonly store: StateStore
  readonly listeners: Set<(snapshot: Snapshot) => void>
  readonly inForce: () => Configured
  /** How the last attempt to load a configuration went. */
  readonly reload: () => ReportContext['evaluator']['configReload']
  readonly cadence: () => Cadence
  readonly costs: Costs
  readonly stopping: () => boolean
  readonly recorder: Recorder
}

/** Everything that publishers need, as functions of the daemon's parts. */
export function publishContext(parts: Parts): PublishContext {
  const { clock, log, engine, records, recorder, listeners, inForce, instruments, startedAt } = parts
  const identity = { epoch: randomBytes(4).toString('hex'), instance: hostname(), startedAt }
  return {
    clock,
    board: {
      current: () => (engine.stats().evaluations === 0 ? undefined : engine.timely()),
      subscribe(listen) {
        listeners.add(listen)
        return () => listeners.delete(listen)
      },
    },
    commands: commandsOf(engine),
    report: () => reportContext(parts, identity),
    history: () => historyOf(engine),
    exports: () => exportsOf(engine, inForce().config),
    config: () => inForce().shown,
    probes: () => records.looks(),
    self: () => selfStats(parts),
    recordings: recorder,
    instruments,
    registries: [instruments.registry, processMetrics()],
    readiness: () => readiness(engine, clock, parts.stopping()),
    authorise: (kind, header) => authoriserOf(inForce().config)(kind, header),
    hosts() {
      const { hosts, readTokens, externalUrl } = inForce().config.http
      if (readTokens !== undefined) return undefined
      return externalUrl === undefined ? hosts : [...hosts, new URL(externalUrl).hostname]
    },
    browsersAcknowledge: () => inForce().config.http.page.acknowledge,
    onFault: (fault) => log.error({ err: fault }, 'a request failed because of a fault of ours'),
  }
}

const authorisers = new WeakMap<Config, Authorise>()

/** Tokens are digested once for each configuration. */
function authoriserOf(config: Config): Authorise {
  const known = authorisers.get(config)
  if (known !== undefined) return known
  const { http, tokens } = revealed({ http: config.http, tokens: config.tokens })
  const made = authoriser({
    write: tokens,
    ...(http.readTokens !== undefined && { read: http.readTokens }),
  })
  authorisers.set(config, made)
  return made
}

type Identity = Pick<ReportContext['evaluator'], 'instance' | 'startedAt'> & Pick<ReportContext, 'epoch'>

function reportContext(parts: Parts, { epoch, ...identity }: Identity): ReportContext {
  const { config, hash } = parts.inForce()
  return {
    epoch,
    evaluationInterval: EVALUATION_INTERVAL,
    release: config.release,
    rules: parts.engine.rules(),
    limits: config.limits,
    rollback: rollbackOf(parts.engine.current()),
    runbookBaseUrl: `${runbookOf(config)}/`,
    externalUrl: config.http.externalUrl,
    evaluator: {
      version: parts.version,
      ...identity,
      cadence: parts.cadence(),
      configHash: hash,
      punctuality: punctualityOf(parts.engine.current()),
      stateStore: parts.store.status(),
      configReload: parts.reload(),
      place: exporterOf(config, identity.instance),
      ...(config.http.tls !== undefined && { certificateExpiresAt: expiryOf(config.http.tls.cert) }),
    },
  }
}

/** The runbook of the operator, else our own; without an address of ours, as the page leads to it. */
function runbookOf({ runbookBaseUrl, http: { externalUrl } }: Config): string {
  if (runbookBaseUrl !== undefined) return runbookBaseUrl
  return externalUrl === undefined ? 'runbook' : `${externalUrl}/runbook`
}

function punctualityOf({ impediments }: Snapshot): ReportContext['evaluator']['punctuality'] {
  return { ...punctuality(), starved: impediments.get(STARVED) }
}

function selfStats({ costs, lostWrites, recorder }: Parts): SelfStats {
  return {
    recording: recorder.state(),
    lostWrites: lostWrites(),
    costs: costs.totals(),
    ownTime: ownTimeTotals(),
  }
}

/** Three missed evaluations mean that the daemon is stuck, as its documents say by expiring. */
function readiness(engine: Engine, clock: Clock, stopping: boolean): { ok: boolean; message: string } {
  if (stopping) return { ok: false, message: 'stopping' }
  const silent = clock.now() - engine.current().at
  if (silent > 3 * EVALUATION_INTERVAL)
    return { ok: false, message: `the last evaluation is ${Math.round(silent)} ms ago` }
  const unseen = neverSeen(engine.current())
  if (unseen !== undefined) return { ok: false, message: `${unseen} was not probed yet` }
  return { ok: true, message: 'evaluating' }
}

function neverSeen({ beliefs }: Snapshot): string | undefined {
  if (beliefs.size === 0) return 'anything'
  for (const { targets } of beliefs.values())
    for (const { target, last } of targets.values()) if (last === undefined) return target.id
  return undefined
}
