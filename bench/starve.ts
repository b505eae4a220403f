import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { quota } from '../chaos/machine.ts'
import { signalProcess } from '../rig/processes.ts'
import type { GateReport } from '../src/contract/document.ts'
import { accusations, oldestLook, saysStarved } from './accusations.ts'
import { writeConfiguration } from './configuration.ts'
import { fromSource, startDaemon, type Daemon } from './daemon.ts'
import { gatesAt } from './gates.ts'
import { startPlatform } from './platform.ts'
import { table } from './table.ts'
import { now } from './statistics.ts'

const metricsBearer = 'bench-bearer'

/** A way to keep the daemon from running, for some seconds. */
type Way = {
  readonly name: string
  readonly begin: (pid: number) => Promise<() => Promise<void>>
  readonly seconds: number
}

function way(name: string, seconds: number, begin: Way['begin']): Way {
  return { name, seconds, begin }
}

/** A quota of CPU, where this process may give one; else the same by signals. */
async function limited(pid: number, share: number): Promise<() => Promise<void>> {
  const undo = quota()?.(pid, share)
  if (undo !== undefined) return async () => undo()
  const program = join(import.meta.dirname, '../test/support/duty-cycle.ts')
  const cycle = spawn(process.execPath, [program, String(pid), String(share), '300'], { stdio: 'inherit' })
  return () => end(cycle)
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

function burner(): ChildProcess {
  return spawn(process.execPath, [
    '-e',
    'setTimeout(() => process.exit(), 120000); (function burn() { const until = Date.now() + 50; while (Date.now() < until); setImmediate(burn) })()',
  ])
}

async function suspended(pid: number): Promise<() => Promise<void>> {
  signalProcess(pid, 'SIGSTOP')
  return async () => signalProcess(pid, 'SIGCONT')
}

function ways(quick: boolean): readonly Way[] {
  const seconds = quick ? 8 : 20
  const shares = [10, 5, 2, 1].map((percent) =>
    way(`${percent} % of a core`, seconds, (pid) => limited(pid, percent / 100)),
  )
  const crowded = way('10 % of a core, and eight burners beside it', seconds, async (pid) => {
    const burners = Array.from({ length: 8 }, burner)
    const undo = await limited(pid, 0.1)
    return async () => {
      await undo()
      await Promise.all(burners.map(end))
    }
  })
  const pauses = (quick ? [5] : [5, 20, 60]).map((span) => way(`SIGSTOP for ${span} s`, span, suspended))
  return [...shares, crowded, ...pauses]
}

type Said = {
  readonly during: readonly GateReport[]
  readonly after: readonly GateReport[]
  readonly back: number
}

/** Starves the daemon in every way while the platform is well, and tells what it said. */
export async function measureStarved(quick: boolean, say: (text: string) => void): Promise<string> {
  const head = [
    'how',
    'answers',
    'accusations',
    'oldest look of a proceed',
    'says so',
    'proceeds again after',
  ]
  const small = await withDaemon(2, say, (daemon) => eachWay(daemon, ways(quick), say))
  if (quick) return table(head, small)
  const half = way('504 replicas, half a core', 60, (pid) => limited(pid, 0.5))
  return table(head, [...small, ...(await withDaemon(84, say, (daemon) => eachWay(daemon, [half], say)))])
}

type Rows = readonly (readonly string[])[]

async function withDaemon(
  replicas: number,
  say: (text: string) => void,
  measure: (daemon: Daemon) => Promise<Rows>,
): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), 'caracal-gate-starve-'))
  say(`starting Redis, Postgres and ${replicas * 6} replicas ...`)
  const platform = await startPlatform({ metricsBearer, seedRows: 1_000, replicas })
  try {
    // Replicas are lost soon, so that what is wrongly held against one shows.
    const limits = { readiness: { lostFor: '3s', startWithin: '60s' } }
    const config = writeConfiguration(folder, 'starve', platform, metricsBearer, { limits })
    const daemon = await startDaemon(config, fromSource)
    const gates = gatesAt(daemon.url)
    try {
      // It looks several times a second then, and what fires is latched.
      await gates.post('/rollouts', { id: 'starved', phase: 'rolling' })
      return await measure(daemon)
    } finally {
      await gates.close()
      signalProcess(daemon.pid, 'SIGCONT')
      await daemon.stop()
    }
  } finally {
    await platform.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function eachWay(daemon: Daemon, all: readonly Way[], say: (text: string) => void): Promise<Rows> {
  const rows: (readonly string[])[] = []
  for (const one of all) {
    await reportsUntil(daemon.url, proceeds, 180_000)
    say(`${one.name} ...`)
    rows.push(rowOf(one.name, await starve(daemon, one)))
  }
  return rows
}

async function starve({ url, pid }: Daemon, { begin, seconds }: Way): Promise<Said> {
  const undo = await begin(pid)
  const over = now() + seconds * 1_000
  const asking = reportsUntil(url, () => now() > over, seconds * 1_000)
  await pause(seconds * 1_000)
  await undo()
  const endedAt = now()
  const during = await asking
  const after = await reportsUntil(url, proceeds, 120_000)
  return { during, after, back: now() - endedAt }
}

function proceeds({ verdict }: GateReport): boolean {
  return verdict === 'proceed'
}

/** All documents until one is accepted, or the time is over. */
async function reportsUntil(
  url: string,
  accept: (report: GateReport) => boolean,
  within: number,
): Promise<readonly GateReport[]> {
  const reports: GateReport[] = []
  const until = now() + within
  while (now() < until) {
    const report = await fetch(`${url}/gates`, { signal: AbortSignal.timeout(90_000) })
      .then((answer) => answer.json() as Promise<GateReport>)
      .catch(() => undefined)
    if (report !== undefined) reports.push(report)
    if (report !== undefined && accept(report)) break
    await pause(100)
  }
  return reports
}

function rowOf(name: string, { during, after, back }: Said): readonly string[] {
  const all = [...during, ...after]
  const wrong = new Set(all.flatMap(accusations))
  const ages = during.filter(proceeds).map(oldestLook)
  return [
    name,
    String(during.length),
    wrong.size === 0 ? 'none' : [...wrong].join('; '),
    ages.length === 0 ? 'no proceed' : `${(Math.max(...ages) / 1_000).toFixed(1)} s`,
    all.some(saysStarved) ? 'yes' : 'no',
    after.some(proceeds) ? `${(back / 1_000).toFixed(0)} s` : 'never',
  ]
}
