import type { Logger } from 'pino'
import { ConfigError, faultText } from '../config/faults.ts'
import { readConfigFile, watchConfig, type Digests } from '../config/files.ts'
import { loadConfig, type ConfigSources, type LoadedConfig } from '../config/load.ts'
import { CannotListen, startApp, type App } from './app.ts'
import { wallClock } from './clock.ts'
import { known } from './known.ts'
import { openLog } from './log.ts'
import { StateInUse } from './state-store.ts'

/** What the daemon sees of its process. */
export interface ServeProcess {
  /** What its configuration is made from. */
  readonly sources: Pick<ConfigSources, 'file' | 'flags' | 'env'>
  /** Of the program. */
  readonly version: string
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  /** Aborted when the daemon has to stop. */
  readonly interrupted: AbortSignal
  /** How many writes to `stdout` and `stderr` failed so far: a log on a full disk is no reason to end. */
  readonly lostWrites?: () => number
  /** Calls back at each request to reload. */
  readonly reload?: (callback: () => void) => void
}

/**
 * Runs the daemon until it is interrupted. Resolves with the exit code: 0, or 2 for a wrong configuration, an address
 * that can't be listened on or a state that is another daemon's.
 */
export async function serve(process: ServeProcess): Promise<number> {
  const requests = takeReloadRequests(process)
  const sources = { ...process.sources, readFile: readConfigFile, known }
  const loaded = await loadConfig(sources).catch((fault: unknown) => {
    if (!(fault instanceof ConfigError)) throw fault
    process.stderr.write(`The configuration is wrong:\n${faultLines(fault)}\n`)
    return undefined
  })
  if (loaded === undefined) return 2
  const log = openLog(loaded.config.log.level, process.stderr)
  const { version, lostWrites = () => 0 } = process
  const app = await startApp(loaded, { clock: wallClock(), log, version, lostWrites }).catch(
    (fault: unknown) => {
      const why = whyNotStarted(fault)
      if (why === undefined) throw fault
      process.stderr.write(`caracal-gate: ${why}\n`)
      return undefined
    },
  )
  if (app === undefined) return 2
  process.stdout.write(`caracal-gate ${version} listening on ${app.url}\n`)
  log.info({ version, listening: app.url }, 'started')
  const reloading = keepReloading(app, sources, loaded, requests, log)
  await interruption(process.interrupted)
  log.info('stopping')
  reloading.stop()
  await app.stop()
  return 0
}

/** What a person can fix when the daemon does not start; undefined for a fault of ours. */
function whyNotStarted(fault: unknown): string | undefined {
  if (fault instanceof CannotListen) return `cannot listen (http.listen): ${fault.message}`
  if (fault instanceof StateInUse) return `cannot use its state (state.file): ${fault.message}`
  return undefined
}

interface ReloadRequests {
  /** Calls back for each request from now on, and once for those that came before. */
  answerWith(callback: () => void): void
}

/** Takes requests from the start, since the signal would end a process that does not. */
function takeReloadRequests(process: ServeProcess): ReloadRequests {
  let early = false
  let answer = (): void => void (early = true)
  process.reload?.(() => answer())
  return {
    answerWith(callback) {
      answer = callback
      if (early) callback()
    },
  }
}

/** Reloads on request and when a file changed; a configuration that is wrong changes nothing. */
function keepReloading(
  app: App,
  sources: ConfigSources,
  first: LoadedConfig,
  requests: ReloadRequests,
  log: Logger,
): { stop(): void } {
  let last: Promise<void> = Promise.resolve()
  let watching = watchFiles(first.files)

  function watchFiles(files: Digests): { stop(): void } {
    return watchConfig({ files, onChange: () => reload('a file changed') })
  }

  function reload(why: string): void {
    // One after the other: two reloads at once would open connections twice.
    last = last.then(() => reloadNow(why))
  }

  async function reloadNow(why: string): Promise<void> {
    let { files } = first
    try {
      const next = await loadConfig(sources)
      files = next.files
      await app.reconfigure(next)
      log.info({ why, hash: next.hash }, 'configuration reloaded')
    } catch (fault) {
      // The faulty files are watched too, so that their fix is noticed.
      if (fault instanceof ConfigError) files = fault.files
      const text = fault instanceof ConfigError ? faultLines(fault) : String(fault)
      app.reloadFailed(text)
      log.error({ why, faults: text }, 'configuration not reloaded; the old one stays in force')
    }
    watching.stop()
    watching = watchFiles(files)
  }

  requests.answerWith(() => reload('SIGHUP'))
  return { stop: () => watching.stop() }
}

function faultLines(error: ConfigError): string {
  return error.faults.map(faultText).join('\n')
}

function interruption(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
