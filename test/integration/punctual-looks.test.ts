import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ending } from '../../src/connections/deadline.ts'
import { openHttp } from '../../src/connections/http.ts'
import { measureOwnTime } from '../../src/connections/own-time.ts'
import { openPostgres } from '../../src/connections/postgres.ts'
import { openRedis } from '../../src/connections/redis.ts'
import type { Observation, Target } from '../../src/core/observation.ts'
import { type Probe } from '../../src/probes/probe.ts'
import { observe } from '../../src/probes/observe.ts'
import { startServers, type Servers } from '../../rig/servers.ts'
import { impatientServer } from '../support/impatient-server.ts'
import { settingsOf } from '../support/postgres.ts'
import { block } from '../support/standing-still.ts'

const clock = { now: () => performance.now() }
const target: Target = { id: 'target', labels: {} }
/** Longer than any deadline of a connection, and of the looks here. */
const PAUSE = 900
const TIMEOUT = 500

let servers: Servers
let measuring: ReturnType<typeof measureOwnTime>
const ends: (() => Promise<void>)[] = []
beforeAll(async () => {
  servers = await startServers({})
  measuring = measureOwnTime()
})
afterAll(async () => {
  measuring.stop()
  for (const end of ends) await end()
  await servers.stop()
})

type Asking = (deadline: Ending) => Promise<unknown>

function look(ask: Asking): Promise<Observation> {
  const probe: Probe = {
    name: 'probe',
    provides: [],
    targets: () => [target],
    pace: () => ({ quiet: 1_000, brisk: 1_000, timeout: TIMEOUT }),
    look: async (_, deadline) => {
      await ask(deadline)
      return { readings: [] }
    },
  }
  return observe(probe, target, clock, 1_000, () => {})
}

async function http(): Promise<Asking> {
  const server = await impatientServer(60_000)
  const client = openHttp()
  ends.push(
    () => client.close(),
    () => server.close(),
  )
  return (deadline) => client.get(`${server.url}/ready`, { deadline, maxBytes: 1_000 })
}

function redis(): Asking {
  const client = openRedis({ url: servers.redis.url })
  ends.push(() => client.close())
  return async () => {
    const [reply] = await client.run([['PING']])
    expect(reply).toMatchObject({ ok: true })
  }
}

function postgres(): Asking {
  const client = openPostgres(settingsOf(servers.postgres.url))
  ends.push(() => client.close())
  return () => client.query('one', 'SELECT 1 AS one')
}

describe('an answer that came while the exporter stood still', () => {
  it.each([
    ['HTTP', http],
    ['Redis', redis],
    ['Postgres', postgres],
  ])('X11 R120: of %s is read before its deadline is taken for over', async (_, open) => {
    const ask = await open()
    expect((await look(ask)).outcome).toEqual({ ok: true, readings: [], blindSpots: [] })
    const looking = look(ask)
    // Behind the request, and in front of the timers of the next turn.
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        block(PAUSE)
        resolve()
      })
    })
    expect((await looking).outcome).toEqual({ ok: true, readings: [], blindSpots: [] })
  })
})
