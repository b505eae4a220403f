import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { monitor, type Seen } from './monitor.ts'

/** What the daemon's connections sent, per second. */
export type RedisCommands = {
  readonly commands: number
  readonly roundTrips: number
  readonly byCommand: Readonly<Record<string, number>>
}

/** Commands closer together than this went out together. Milliseconds. */
const together = 1

/**
 * Watches with MONITOR what the connections named caracal-gate-exporter send. It shows every single command with its
 * client, so nothing of what the platform itself sends is counted.
 */
export async function watchCommands(redis: Redis, url: string, seconds: number): Promise<RedisCommands> {
  const addresses = new Set<string>()
  const watching = await monitor(url)
  const startedAt = performance.now()
  for (const part of [1, 2]) {
    for (const address of await addressesOf(redis)) addresses.add(address)
    if (part === 1) await pause(seconds * 1_000)
  }
  const span = (performance.now() - startedAt) / 1_000
  const ours = watching.stop().filter(({ from }) => addresses.has(from))
  const byCommand = Object.fromEntries(
    [...Map.groupBy(ours, fullName)].map(([name, list]) => [name, list.length / span]),
  )
  return { commands: ours.length / span, roundTrips: roundTrips(ours) / span, byCommand }
}

function fullName({ name, sub }: Seen): string {
  return /^(XINFO|CONFIG|ACL)$/.test(name) ? `${name} ${sub.toUpperCase()}` : name
}

async function addressesOf(redis: Redis): Promise<readonly string[]> {
  const list = (await redis.client('LIST')) as string
  return list
    .split('\n')
    .filter((line) => line.includes(' name=caracal-gate-exporter '))
    .map((line) => / addr=(\S+)/.exec(line)?.[1] ?? '')
}

function roundTrips(commands: readonly { readonly at: number; readonly from: string }[]): number {
  const last = new Map<string, number>()
  let trips = 0
  for (const { at, from } of commands) {
    if (at - (last.get(from) ?? -Infinity) > together) trips += 1
    last.set(from, at)
  }
  return trips
}

/** Milliseconds that Redis has spent carrying out commands since it started. */
export async function redisCommandTime(redis: Redis): Promise<number> {
  const info = await redis.info('commandstats')
  return [...info.matchAll(/usec=(\d+)/g)].reduce((sum, [, usec]) => sum + Number(usec) / 1_000, 0)
}
