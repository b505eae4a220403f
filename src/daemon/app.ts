import { revealed, type Revealed } from '../config/secret.ts'
import { measureOwnTime, punctuality } from '../connections/own-time.ts'
import type { Batch } from '../core/observation.ts'
import { httpProbes } from '../probes/index.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { plain } from '../core/text.ts'
import type { Clock } from '../core/time.ts'
import type { ReportContext } from '../http/context.ts'
import { newInstruments, type Delivered } from '../http/instruments.ts'
import { startServer, type Server } from '../http/server.ts'
import { nothingRemembered } from '../rollout/memory.ts'
import { openAnnouncing } from './announcing.ts'
import { warnOfExpiry, watchExpiry } from './certificate.ts'
import { initialCadence, nextCadence } from './cadence.ts'
import { EVALUATION_INTERVAL, startEngine, type Engine, type EngineOptions } from './engine.ts'
import { steadyClock } from './clock.ts'
import { judgedBy, publishContext, type Configured, type Dependencies, type Parts } from './facts.ts'
import { openStateStore } from './open-state-store.ts'
import { judgedByOf, openRecorder } from './recorder.ts'
import { keepCosts, keepRecords } from './records.ts'
import { STATE_UNREADABLE, type Loaded, type StateStore } from './state-store.ts'
import { waiverLog } from './waiver-log.ts'
import { prepareWatching, type Watching, type WatchingOptions } from './watching.ts'

export interface App {
  /** Base URL that it listens on. */
  readonly url: string
  /** Judges and probes by another configuration from now on; latches, baselines and the listening address stay. */
  reconfigure(configured: Configured): Promise<void>
  /** Notes that a new configuration was refused; the one in force stays. */
  reloadFailed(message: string): void
  stop(): Promise<void>
}

/** The configured address can't be listened on; `message` says why. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen'
}

/**
 * Starts the daemon: first its memory, then the server, then the probes.
 * @throws CannotListen when the address can't be listened on; nothing is left running or written then
 * @throws StateInUse when the state is another daemon's
 */
export async function startApp(configured: Configured, dependencies: Dependencies): Promise<App> {
  const store = openStateStore(configured.config, dependencies.clock)
  const loaded = await store.load()
  if (!loaded.ok) dependencies.log.error({ state: loaded.message }, 'the memory of this rollout is lost')
  const measuring = measureOwnTime()
  const listening = revealed(configured.config.http)
  const daemon = assemble(configured, dependencies, store, loaded)
  let server: Server
  try {
    server = await startServer(publishContext(daemon.parts), listening)
  } catch (fault) {
    // Its state is not written: it may be that of the daemon that has the address.
    daemon.parts.engine.stop()
    await daemon.watching().stop()
    measuring.stop()
    await store.close()
    throw new CannotListen(fault instanceof Error ? fault.message : String(fault), { cause: fault })
  }
  daemon.watching().start()
  const expiring = watchExpiry(() => daemon.parts.inForce().config.http.tls, dependencies)
  const { engine, clock, log, listeners } = daemon.parts
  const announcing = openAnnouncing({
    clock,
    log,
    config: () => daemon.parts.inForce().config,
    ledger: () => engine.memory().ledger,
  })
  listeners.add(() => announcing.consider())
  store.follow?.((memory) => engine.adopt(memory))
  store.watch?.((what) => {
    dependencies.log.warn({ what }, 'another writer has changed the state')
    void engine.note({ at: clock.now(), kind: 'state', subject: 'daemon', message: plain(what) })
  })
  await engine.note({ at: clock.now(), kind: 'started', subject: 'daemon', message: 'the daemon started' })
  return {
    url: server.url,
    async reconfigure(next) {
      // First, because it is the one thing that may fail yet.
      renewCertificate(server, listening, revealed(next.config.http), dependencies)
      await daemon.reconfigure(next)
    },
    reloadFailed: (message) => daemon.reloadFailed(message),
    async stop() {
      expiring.stop()
      daemon.announceStop()
      await server.close()
      await announcing.stop()
      await stop(daemon)
      measuring.stop()
    },
  }
}

/** Whether TLS is spoken, and where, is decided at the start; the certificate may change as often as it will. */
function renewCertificate(
  server: Server,
  first: Http,
  { listen, tls }: Http,
  dependencies: Dependencies,
): void {
  const { log } = dependencies
  if ((tls === undefined) !== (first.tls === undefined))
    log.warn('http.tls was added or removed: this takes effect at the next start')
  else if (tls !== undefined) server.renewCertificate(tls)
  if (listen.host !== first.listen.host || listen.port !== first.listen.port)
    log.warn('http.listen was changed: this takes effect at the next start')
  warnOfExpiry(tls, dependencies)
}

type Http = Revealed<Configured['config']['http']>

/** The daemon without its server: memory, engine, probes, and what may change of them while it runs. */
function assemble(configured: Configured, dependencies: Dependencies, store: StateStore, loaded: Loaded) {
  const { clock } = dependencies
  const observed = startObserving()
  const listeners = new Set<(snapshot: Snapshot) => void>()
  let inForce = configured
  let reload = loadedAt(clock)
  let cadence = initialCadence(clock.now())
  let stopping = false
  const isWorthTelling = newsAndNow(clock)
  const shared = { ...dependencies, ...observed, startedAt: clock.now(), store, listeners }
  const options = watchingOptions(shared, observed, () => parts)
  let watching: Watching = prepareWatching(configured.config, options)
  const recorder = openRecorder(configured, dependencies, () => judgedByOf(inForce, watching))
  const engine: Engine = startEngine({
    clock,
    rules: judgedBy(watching, inForce, dependencies),
    ...remembered(loaded),
    release: () => inForce.config.release.name,
    store,
    punctuality,
    instruments: observed.instruments,
    record: (happening) => recorder.take(happening),
    onSnapshot(snapshot, isNews) {
      observed.instruments.published()
      if (!isWorthTelling(snapshot, isNews)) return
      const before = cadence.cadence
      cadence = nextCadence(cadence, snapshot)
      if (before === 'quiet' && cadence.cadence === 'brisk') watching.hurry()
      for (const listener of listeners) listener(snapshot)
    },
  })

  const parts: Parts = {
    ...shared,
    engine,
    inForce: () => inForce,
    reload: () => reload,
    cadence: () => cadence.cadence,
    stopping: () => stopping,
    recorder,
  }
  listeners.add(waiverLog(dependencies.log, () => engine.rules()))
  return {
    parts,
    watching: () => watching,
    async reconfigure(next: Configured) {
      const prepared = prepareWatching(next.config, options, watching)
      await watching.stop(prepared)
      inForce = next
      reload = loadedAt(clock)
      watching = prepared
      engine.use(judgedBy(watching, next, dependencies))
      watching.start()
      await recorder.use(next)
      await engine.note({ at: clock.now(), kind: 'configuration', subject: next.hash, message: 'reloaded' })
    },
    reloadFailed: (message: string) => void (reload = { ok: false, at: clock.now(), message }),
    announceStop: () => void (stopping = true),
  }
}

/** Whether what a snapshot says is published: all news at once, and that there are none now and then. */
function newsAndNow(clock: Clock): (snapshot: Snapshot, isNews: boolean) => boolean {
  let toldAt = clock.now()
  return ({ at }, isNews) => {
    const isDue = isNews || Math.abs(at - toldAt) >= EVALUATION_INTERVAL
    if (isDue) toldAt = at
    return isDue
  }
}

/** Ends the probes before the memory is kept for the last time. */
async function stop({ parts, watching }: ReturnType<typeof assemble>): Promise<void> {
  const { engine, store, recorder } = parts
  engine.stop()
  await watching().stop()
  await recorder.close()
  await store.save(engine.memory())
  await store.close()
}

type Observed = Pick<Parts, 'records' | 'costs' | 'instruments'>

/** What the daemon keeps of its own work. */
function startObserving(): Observed {
  const records = keepRecords()
  const costs = keepCosts()
  costs.follow('http', () => records.cost(httpProbes))
  return { records, costs, instruments: newInstruments(() => steadyClock.now()) }
}

type Reload = ReportContext['evaluator']['configReload']

function loadedAt(clock: Clock): Reload {
  return { ok: true, at: clock.now(), message: 'loaded' }
}

function watchingOptions(
  { clock, log, startedAt }: Dependencies & Pick<Parts, 'startedAt'>,
  { records, costs, instruments }: Observed,
  parts: () => Pick<Parts, 'cadence' | 'engine'>,
): WatchingOptions {
  function record(batch: Batch, how: Delivered): void {
    for (const observation of batch.observations) records.add(batch.probe, observation)
    instruments.delivered(batch, how)
  }
  return {
    clock,
    startedAt,
    cadence: () => parts().cadence(),
    costs,
    deliver(batch) {
      const isNews = parts().engine.takeSoon(batch)
      record(batch, isNews ? 'polled' : 'repeated')
    },
    deliverNow(batch) {
      record(batch, 'pushed')
      parts().engine.take(batch)
    },
    onFault: (probe, target, fault) =>
      log.error({ probe, target, err: fault }, 'a probe failed in a way that it does not know'),
  }
}

/** Without its memory the daemon cannot know what fired in this rollout, so it may not say proceed in it. */
function remembered(loaded: Loaded): Pick<EngineOptions, 'memory' | 'impediments'> {
  if (loaded.ok) return { memory: loaded.memory, impediments: new Map() }
  const { rest: memory = nothingRemembered, message } = loaded
  return { memory, impediments: new Map([[STATE_UNREADABLE, `${message}; begin the rollout anew`]]) }
}
