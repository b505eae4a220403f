import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { ask, read } from './http.ts'
import { now, type Reading } from './recording.ts'
import type { Scene } from './scene.ts'
import { repeatedly } from './stores.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '..')

const DOCUMENTS_EVERY = 250
const HEALTH_EVERY = 500
const USAGE_EVERY = 250
const PULSE_EVERY = 50
/** Turns that are less late than this say nothing about the machine. */
const NOTEWORTHY = 50
/** A daemon that is starved or stopped answers late, and that is recorded as such. */
const PATIENCE = 30_000

export interface Watch {
  /** The last document that came. */
  last(): Reading | undefined
  stop(): Promise<void>
}

/** Records documents, health, what the process uses and how late the harness is, until it is stopped. */
export function watchDaemon({ daemon, recording }: Scene, isCalm: () => boolean): Watch {
  let last: Reading | undefined
  let expected = now() + PULSE_EVERY
  const pulse = setInterval(() => {
    const at = now()
    const late = at - expected
    expected = at + PULSE_EVERY
    if (late >= NOTEWORTHY) recording.pulses.push({ at, late })
  }, PULSE_EVERY)
  const loops = [
    repeatedly(DOCUMENTS_EVERY, async () => {
      const reading = await read(daemon.url, PATIENCE)
      if (reading === undefined) return
      last = reading
      recording.readings.push(reading)
    }),
    repeatedly(HEALTH_EVERY, async () => {
      if (!daemon.running) return
      const asked = now()
      // Each on a connection of its own kind: what waits before the documents must not hide it.
      const answer = await ask(`${daemon.url}/healthz`, PATIENCE, '127.0.0.10')
      recording.health.push({ asked, got: now(), ok: answer?.status === 200 })
    }),
    repeatedly(USAGE_EVERY, () => {
      const usage = daemon.usage()
      if (usage !== undefined) recording.usage.push({ at: now(), ...usage, calm: isCalm() })
    }),
  ]
  return {
    last: () => last,
    async stop() {
      clearInterval(pulse)
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

const verdictOfCode: Readonly<Record<number, string>> = { 0: 'proceed', 3: 'hold', 4: 'stop' }

/** One run of `caracal-gate status`; what it ends with is what a pipeline goes by. */
export async function runCli({ daemon, recording }: Scene): Promise<void> {
  const asked = now()
  const code = await run(process.execPath, ['dist/main.js', 'status', '--url', daemon.url], {
    cwd: root,
    timeout: 60_000,
  }).then(
    () => 0,
    (fault: { code?: unknown }) => (typeof fault.code === 'number' ? fault.code : -1),
  )
  const verdict = verdictOfCode[code] ?? `exit code ${code}`
  recording.readings.push({ by: 'cli', asked, got: now(), fresh: true, verdict, contradictions: [] })
}
