import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { writeConfiguration } from './configuration.ts'
import type { Arrivals, CrowdSettings } from './crowd-clients.ts'
import { startDaemon, variants } from './daemon.ts'
import { isWell } from './faults.ts'
import { gatesAt, type Gates } from './gates.ts'
import { startPlatform } from './platform.ts'
import { table } from './table.ts'
import { latencyOf } from './serving.ts'
import { now, short, summarise, type Summary } from './statistics.ts'
import { cpuOf, residentOf } from './usage.ts'

type Extent = { readonly clients: number; readonly changes: number }

const metricsBearer = 'bench-bearer'

/** Measures each way to run the daemon with a crowd that listens to it and waits at it; about a minute each. */
export async function measureCrowd(extent: Extent, say: (text: string) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'caracal-gate-crowd-'))
  say('starting Redis, Postgres and 12 replicas ...')
  const platform = await startPlatform({ metricsBearer, seedRows: 1_000 })
  const rows: (readonly string[])[] = []
  try {
    for (const [place, variant] of variants().entries()) {
      const config = writeConfiguration(folder, `crowd-${place}`, platform, metricsBearer)
      const daemon = await startDaemon(config, variant)
      const gates = gatesAt(daemon.url)
      try {
        await gates.until('all is well', isWell, 60_000)
        for (const clients of [0, extent.clients]) {
          say(`${variant.name}: ${clients} listeners and ${clients} waiters ...`)
          const measured = await withCrowd(daemon, gates, { ...extent, clients })
          rows.push(...rowsOf(variant.name, clients, measured))
        }
      } finally {
        await gates.close()
        await daemon.stop()
      }
    }
  } finally {
    await platform.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return table(['how it runs', 'crowd', 'what', 'n', 'median', 'p99', 'worst'], rows)
}

type Measured = {
  /** Milliseconds from a change to its arrival at each client, all of a document. */
  readonly streams: readonly number[]
  readonly waiters: readonly number[]
  readonly gates: Summary
  readonly metrics: Summary
  readonly resident: number
  /** Milliseconds of processor time in a second. */
  readonly cpu: number
}

async function withCrowd(
  { url, pid }: { readonly url: string; readonly pid: number },
  gates: Gates,
  { clients, changes }: Extent,
): Promise<Measured> {
  const crowd = await startCrowd({ url, streams: clients, waiters: clients })
  const [cpu, startedAt] = [cpuOf(pid), now()]
  const asking = Promise.all([
    latencyOf(url, '/gates', 50 * changes),
    latencyOf(url, '/metrics', 50 * changes),
  ])
  const changedAt: number[] = []
  for (let change = 1; change <= changes; change += 1) {
    await pause(1_000)
    changedAt.push(now())
    await gates.post('/rollouts', { id: `crowd-${clients}-${change}`, phase: 'rolling', supersede: true })
  }
  await pause(1_000)
  const [gatesLatency, metricsLatency] = await asking
  const used = ((cpuOf(pid) - cpu) / (now() - startedAt)) * 1_000
  const resident = residentOf(pid)
  const { streams, waiters } = await crowd.stop()
  return {
    streams: delays(streams, changedAt),
    waiters: delays(waiters, changedAt),
    gates: gatesLatency,
    metrics: metricsLatency,
    resident,
    cpu: used,
  }
}

/**
 * From each change to the first document that a client had after it.
 * @throws when a client had none
 */
function delays(clients: readonly (readonly number[])[], changedAt: readonly number[]): readonly number[] {
  return clients.flatMap((times) =>
    changedAt.map((changed) => {
      const arrived = times.find((time) => time >= changed)
      if (arrived === undefined)
        throw new Error('a client was not told of a change; is the bundle as new as the sources?')
      return arrived - changed
    }),
  )
}

async function startCrowd(settings: CrowdSettings) {
  const child = fork(new URL('main.ts', import.meta.url), ['crowd', JSON.stringify(settings)])
  await once(child, 'message')
  return {
    async stop(): Promise<Arrivals> {
      const answer = once(child, 'message') as Promise<[{ readonly arrivals: Arrivals }]>
      child.send('report')
      const [{ arrivals }] = await answer
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
      return arrivals
    },
  }
}

function rowsOf(variant: string, clients: number, measured: Measured): readonly (readonly string[])[] {
  const row = (what: string, { count, median, p99, worst }: Summary) => [
    `\`${variant}\``,
    clients === 0 ? 'none' : `${clients} + ${clients}`,
    what,
    String(count),
    ...[median, p99, worst].map(short),
  ]
  const { streams, waiters, gates, metrics, cpu, resident } = measured
  return [
    row('`/gates` beside it, ms', gates),
    row('`/metrics` beside it, ms', metrics),
    ...(clients === 0
      ? []
      : [
          row('a change at each listener, ms', summarise(streams)),
          row('a change at each waiter, ms', summarise(waiters)),
        ]),
    [`\`${variant}\``, '', `${short(cpu)} ms/s of CPU, ${short(resident)} MB resident`, '', '', '', ''],
  ]
}
