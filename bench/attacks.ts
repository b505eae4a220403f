import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { certificateAuthority } from '../rig/certificate-authority.ts'
import { attacks, type AttackerSettings } from './attackers.ts'
import { writeConfiguration } from './configuration.ts'
import { startDaemon, variants, type Daemon } from './daemon.ts'
import { memoryLimit } from './memory-limit.ts'
import { startPlatform, type Platform } from './platform.ts'
import { table } from './table.ts'
import { now, short } from './statistics.ts'
import { cpuOf, residentOf } from './usage.ts'

/** The limit that the chart sets: resources.limits.memory in helm/values.yaml. */
const LIMIT = 384 * 2 ** 20
const metricsBearer = 'bench-bearer'

type Measured = {
  readonly name: string
  /** MB of 10^6 bytes. */
  readonly resident: number
  /** Most that was charged to the control group; NaN where there is none. */
  readonly charged: number
  /** Milliseconds of processor time in a second. */
  readonly cpu: number
  /** Slowest answer of `/healthz` in milliseconds; infinite when there was none. */
  readonly health: number
  readonly survived: boolean
}

/** Does to a daemon what clients without a token can do, one thing after another, each against a daemon of its own. */
export async function measureAttacks(
  { seconds, only }: { readonly seconds: number; readonly only?: string },
  say: (text: string) => void,
): Promise<string> {
  const names = Object.keys(attacks).filter((name) => only === undefined || name === only)
  if (names.length === 0) throw new Error(`there is no attack "${only}": ${Object.keys(attacks).join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'caracal-gate-attacks-'))
  say('starting Redis, Postgres and 12 replicas ...')
  const platform = await startPlatform({ metricsBearer, seedRows: 1_000 })
  const results: Measured[] = []
  try {
    for (const name of names) {
      say(`${name} ...`)
      results.push(await measure(name, seconds, folder, platform))
      say(JSON.stringify(results.at(-1)))
    }
  } finally {
    await platform.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return table(
    ['attack', 'most resident, MB', 'most charged, MB', 'CPU, ms/s', 'slowest `/healthz`, ms', 'survived'],
    results.map(rowOf),
  )
}

function rowOf({ name, resident, charged, cpu, health, survived }: Measured): readonly string[] {
  return [
    attacks[name]?.title ?? name,
    short(resident),
    Number.isNaN(charged) ? 'not measured' : short(charged),
    short(cpu),
    Number.isFinite(health) ? short(health) : 'none',
    survived ? 'yes' : '**no**',
  ]
}

async function measure(name: string, seconds: number, folder: string, platform: Platform): Promise<Measured> {
  const config = configurationFor(name, folder, platform)
  const group = memoryLimit(LIMIT)
  // As the image runs it: the bundle where it was built, a small young generation, one arena.
  const [variant = variants()[0]] = variants().toReversed()
  if (variant === undefined) throw new Error('there is nothing to run')
  const daemon = await startDaemon(config, variant, {
    ...(group !== undefined && { group: group.members }),
    env: { MALLOC_ARENA_MAX: '1' },
  })
  try {
    await pause(3_000)
    return { name, ...(await under(name, seconds, daemon)), charged: (group?.peak() ?? Number.NaN) / 1e6 }
  } finally {
    await daemon.stop()
    await group?.remove()
  }
}

function configurationFor(name: string, folder: string, platform: Platform): string {
  const config = writeConfiguration(folder, name, platform, metricsBearer)
  if (attacks[name]?.secure !== true) return config
  const { cert, key } = certificateAuthority().issue('localhost')
  writeFileSync(join(folder, 'tls.crt'), cert)
  writeFileSync(join(folder, 'tls.key'), key)
  const tls = `  tls: { certFile: ${folder}/tls.crt, keyFile: ${folder}/tls.key }`
  writeFileSync(config, readFileSync(config, 'utf8').replace('\nhttp:\n', `\nhttp:\n${tls}\n`))
  return config
}

/** Half of the time is the attack; the other half shows whether the daemon comes through it. */
async function under(
  name: string,
  seconds: number,
  { url, pid }: Daemon,
): Promise<Omit<Measured, 'name' | 'charged'>> {
  const settings: AttackerSettings = { url, attack: name, seconds }
  const attacker = fork(new URL('main.ts', import.meta.url), ['attack', JSON.stringify(settings)])
  const ended = once(attacker, 'exit')
  await once(attacker, 'message')
  let [resident, health, cpu] = [0, 0, 0]
  const startedAt = now()
  const cpuBefore = cpuOf(pid)
  try {
    while (now() - startedAt < seconds * 1_000 + 1_000) {
      health = Math.max(health, await healthCheck(url))
      resident = Math.max(resident, residentOf(pid))
      cpu = (cpuOf(pid) - cpuBefore) / ((now() - startedAt) / 1_000)
      await pause(50)
    }
    return { resident, cpu, health, survived: Number.isFinite(health) }
  } catch {
    // Its folder in /proc has gone with it.
    return { resident, cpu, health: Number.POSITIVE_INFINITY, survived: false }
  } finally {
    attacker.kill()
    await ended
  }
}

/** How long `/healthz` took on a connection of its own, as the kubelet asks. */
function healthCheck(url: string): Promise<number> {
  const startedAt = now()
  const request = url.startsWith('https:') ? requestSecure : requestPlain
  return new Promise((resolve) => {
    const asked = request(`${url}/healthz`, { agent: false, rejectUnauthorized: false, timeout: 30_000 })
    asked.once('response', (response) => {
      response.resume()
      response.once('end', () => resolve(now() - startedAt))
    })
    asked.once('timeout', () => asked.destroy(new Error('no answer')))
    asked.once('error', () => resolve(Number.POSITIVE_INFINITY))
    asked.end()
  })
}
