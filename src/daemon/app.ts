import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Clock } from '../core/time.ts'
import { nothingRemembered } from '../rollout/memory.ts'
import type { PublishContext, ReportContext } from '../publish/context.ts'
import { startServer, type Server } from '../publish/server.ts'
import { initialCadence, nextCadence } from './cadence.ts'
import { commandsOf } from './commands.ts'
import { EVALUATION_INTERVAL, startEngine, type Engine } from './engine.ts'
import { historyOf } from './history.ts'
import { keepRecords } from './records.ts'
import { stateFile } from './state-file.ts'
import { authorise } from './tokens.ts'
import { prepareWatching, type Watching } from './watching.ts'

export interface Dependencies {
  readonly clock: Clock
  readonly log: Logger
  readonly version: string
}

/** An effective configuration with what is said about it. */
export interface Configured {
  readonly config: Config
  /** SHA-256 of the configuration as it is shown, secrets left out. */
  readonly hash: string
  /** The configuration for `/config`, with every secret taken out. */
  readonly shown: unknown
}

export interface App {
  /** Base URL that it listens on. */
  readonly url: string
  current(): Snapshot
  /** Judges and looks by another configuration from now on; latches, baselines and the listening address stay. */
  reconfigure(configured: Configured): Promise<void>
  /** Notes that a new configuration was refused; the one in force stays. */
  reloadFailed(message: string): void
  stop(): Promise<void>
}

/** Starts the daemon: first its memory, then the looks, then the server. What started is undone when a later part fails. */
export async function startApp(configured: Configured, dependencies: Dependencies): Promise<App> {
  const { clock, log } = dependencies
  let inForce = configured
  let reload: ReportContext['evaluator']['configReload'] = { ok: true, at: clock.now(), message: 'loaded' }
  let cadence = initialCadence(clock.now())
  let stopping = false
  const listeners = new Set<(snapshot: Snapshot) => void>()
  const records = keepRecords()
  const store = stateFile(configured.config.state.file)
  const loaded = await store.load()
  if (!loaded.ok) log.error({ state: loaded.message }, 'the memory of this rollout is lost')

  function prepare(config: Config): Watching {
    return prepareWatching(config, {
      clock,
      cadence: () => cadence.cadence,
      deliver(round) {
        for (const observation of round.observations) records.add(round.probe, observation)
        engine.take(round)
      },
      onFault: (probe, target, fault) =>
        log.error({ probe, target, err: fault }, 'a probe failed in a way it does not know'),
    })
  }

  let watching = prepare(configured.config)
  const engine: Engine = startEngine({
    clock,
    rules: watching.rules,
    memory: loaded.ok ? loaded.memory : nothingRemembered,
    impediments: new Map(
      loaded.ok ? [] : [['state-unreadable', `${loaded.message}; begin the rollout anew`]],
    ),
    save: (memory) => store.save(memory),
    onSnapshot(snapshot) {
      const before = cadence.cadence
      cadence = nextCadence(cadence, snapshot)
      if (before === 'quiet' && cadence.cadence === 'brisk') watching.hurry()
      for (const listener of listeners) listener(snapshot)
    },
  })

  const identity = { epoch: randomBytes(4).toString('hex'), instance: hostname(), startedAt: clock.now() }
  const context: PublishContext = {
    clock,
    board: {
      current: () => (engine.stats().evaluations === 0 ? undefined : engine.current()),
      subscribe(listen) {
        listeners.add(listen)
        return () => listeners.delete(listen)
      },
    },
    commands: commandsOf(engine, clock),
    report: () => ({
      epoch: identity.epoch,
      evaluationInterval: EVALUATION_INTERVAL,
      release: inForce.config.release,
      rules: engine.rules(),
      rollback: {
        viable: 'unknown',
        reason: 'not_configured',
        message: 'whether the previous version runs on the current schema is not known here',
        advice: 'none',
      },
      runbookBaseUrl: inForce.config.runbookBaseUrl,
      evaluator: {
        version: dependencies.version,
        instance: identity.instance,
        startedAt: identity.startedAt,
        cadence: cadence.cadence,
        configHash: inForce.hash,
        stateStore: store.status(),
        configReload: reload,
      },
    }),
    history: () => historyOf(engine),
    config: () => inForce.shown,
    probes: () => records.looks(),
    self: () => {
      const { evaluations, took, verdictTransitions } = engine.stats()
      const costs = new Map([...watching.costs(), ['http', records.cost(httpProbes)] as const])
      return { probes: records.stats(), evaluations, evaluationTook: took, verdictTransitions, costs }
    },
    readiness: () => readiness(engine, clock, stopping),
    authorise(kind, header) {
      const { http, tokens } = inForce.config
      return authorise({ write: tokens, ...(http.readTokens && { read: http.readTokens }) }, kind, header)
    },
    onFault: (fault) => log.error({ err: fault }, 'a request failed because of a fault of ours'),
  }

  let server: Server
  try {
    server = await startServer(context, configured.config.http)
  } catch (fault) {
    engine.stop()
    await watching.stop()
    throw fault
  }
  await engine.note({
    at: clock.now(),
    kind: 'started',
    subject: identity.instance,
    message: 'the daemon started',
  })
  watching.start()

  return {
    url: server.url,
    current: () => engine.current(),
    async reconfigure(next) {
      const previous = watching
      inForce = next
      reload = { ok: true, at: clock.now(), message: 'reloaded' }
      watching = prepare(next.config)
      await previous.stop()
      engine.use(watching.rules)
      watching.start()
      await engine.note({ at: clock.now(), kind: 'configuration', subject: next.hash, message: 'reloaded' })
    },
    reloadFailed(message) {
      reload = { ok: false, at: clock.now(), message }
    },
    async stop() {
      stopping = true
      await server.close()
      engine.stop()
      await watching.stop()
      await store.save(engine.memory())
    },
  }
}

const httpProbes = ['ready-endpoint', 'service-metrics']

/** Three missed evaluations mean that the daemon is stuck, as its documents say by expiring. */
function readiness(engine: Engine, clock: Clock, stopping: boolean): { ok: boolean; message: string } {
  if (stopping) return { ok: false, message: 'stopping' }
  const silent = clock.now() - engine.current().at
  if (silent > 3 * EVALUATION_INTERVAL)
    return { ok: false, message: `the last evaluation is ${silent} ms ago` }
  const unseen = neverSeen(engine.current())
  if (unseen !== undefined) return { ok: false, message: `${unseen} was not looked at yet` }
  return { ok: true, message: 'evaluating' }
}

function neverSeen({ beliefs }: Snapshot): string | undefined {
  if (beliefs.size === 0) return 'anything'
  for (const { targets } of beliefs.values())
    for (const { target, last } of targets.values()) if (last === undefined) return target.id
  return undefined
}
