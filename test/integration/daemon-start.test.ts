import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { freePort } from '../../rig/processes.ts'
import { nothingRemembered } from '../../src/rollout/memory.ts'
import { cleanUp, run, start } from '../support/cli-process.ts'
import { startGate, type Gate } from '../support/daemon.ts'

let folder: string
let gates: Gate[]
let closing: (() => void)[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gate-start-'))
  gates = []
  closing = []
})
afterEach(async () => {
  await Promise.all(gates.map((gate) => gate.kill()))
  for (const close of closing) close()
  await cleanUp()
  rmSync(folder, { recursive: true, force: true })
})

interface Places {
  readonly services: number
  readonly redis: number
  readonly postgres: number
  readonly listen?: string
}

/** A configuration file for replicas and stores on these ports of the loopback address. */
function configFor({ services, redis, postgres, listen = '127.0.0.1:0' }: Places): string {
  const file = join(folder, 'caracal-gate.yaml')
  writeFileSync(join(folder, 'bearer'), 'x')
  // A replica may be listed once only; to one port they come by different paths.
  const names = ['api', 'sts', 'gateway', 'audit', 'coordinator']
  const replicasOf = (name: string) => [`http://127.0.0.1:${services}/${name}`]
  const text = stringify({
    services: Object.fromEntries(names.map((name) => [name, { replicas: replicasOf(name) }])),
    metricsBearer: { file: 'bearer' },
    redis: { url: `redis://127.0.0.1:${redis}` },
    postgres: { url: `postgres://gate@127.0.0.1:${postgres}/caracal` },
    http: { listen },
    state: { file: 'state.json' },
  })
  writeFileSync(file, text)
  return file
}

async function gateFor(places: Places): Promise<Gate> {
  const gate = await startGate(configFor(places), join(folder, 'log'))
  gates.push(gate)
  return gate
}

/** A port that takes connections and says nothing on them. */
async function silentPort(): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** What is said of each check and stop condition that rests on probes: why it is unknown, else its state. */
async function said(gate: Gate): Promise<Readonly<Record<string, string>>> {
  const probed = itemsOf(await gate.report()).filter(({ source }) => source === 'platform')
  return Object.fromEntries(probed.map(({ id, state, unknownReason }) => [id, unknownReason ?? state]))
}

function itemsOf({ gates: all, stopConditions }: Awaited<ReturnType<Gate['report']>>) {
  return [...all.flatMap(({ checks }) => checks), ...stopConditions]
}

describe('a daemon that can reach nothing', () => {
  it('starts, holds, and knows of each check why it is unknown', async () => {
    const closed = await freePort()
    const gate = await gateFor({ services: closed, redis: closed, postgres: closed })
    // An attempt in which the start itself stood still says so, and the next one does not.
    await gate.until(
      'every look has failed',
      (report) =>
        report.blocking.every(({ reason }) => reason !== 'never_measured') &&
        itemsOf(report).every(({ unknownReason }) => unknownReason !== 'late'),
      10,
    )
    const report = await gate.report()
    expect(report.verdict).toBe('hold')
    // What blocks nothing, because its probe is not asked for it, may be looked at last.
    await expect.poll(async () => (await gate.get('/readyz')).status, { timeout: 20_000 }).toBe(200)
    expect((await gate.get('/healthz')).status).toBe(200)
    let seen: Awaited<ReturnType<typeof said>> = {}
    await expect
      .poll(async () => Object.values((seen = await said(gate))), { timeout: 20_000 })
      .not.toContain('late')
    const { 'migrations-applied': migrations, arrival, 'alerts-reachable': alerts, ...rest } = seen
    expect(migrations).toBe('not_configured')
    // Nothing was declared that must arrive, and the check of alerts is off.
    expect([arrival, alerts]).toEqual(['skipped', 'skipped'])
    // Where nobody listens nobody is ready: that is known, and pending while it may still start.
    const refused = /^(ready-|sts-unready|gateway-unready)/
    for (const [id, state] of Object.entries(rest))
      expect([id, state]).toEqual([id, refused.test(id) ? 'pending' : 'unreachable'])
  })

  it('is not ready before it has looked at everything', async () => {
    const silent = await silentPort()
    const gate = await gateFor({ services: silent, redis: silent, postgres: silent })
    const early = await gate.get('/readyz')
    expect(early.status).toBe(503)
    expect(early.json()['message']).toMatch(/was not probed yet/)
    expect((await gate.get('/healthz')).status).toBe(200)
    expect((await gate.report()).verdict).toBe('hold')
  })

  it('ends with 0 soon after SIGTERM, although everything hangs', async () => {
    const silent = await silentPort()
    const gate = await gateFor({ services: silent, redis: silent, postgres: silent })
    await gate.until(
      'hanging is known',
      ({ blocking }) => blocking.every(({ reason }) => reason !== 'never_measured'),
      15,
    )
    const states = await said(gate)
    for (const id of ['stream-backlog', 'outbox-dispatch', 'replay-backlog', 'redis-configuration'])
      expect([id, states[id]]).toEqual([id, 'timeout'])
    const longPoll = gate.get('/gates?wait=60s').catch(() => undefined)
    const startedAt = performance.now()
    expect(await gate.stop()).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    await longPoll
  })
})

const { baselines, ...rest } = nothingRemembered
/** The state of a daemon of 0.1.0 that remembers nothing. */
const firstForm = { version: 1, memory: { ...rest, marks: baselines } }

describe('a daemon that cannot start', () => {
  it('says that its address is taken, and ends', async () => {
    const closed = await freePort()
    const first = await gateFor({ services: closed, redis: closed, postgres: closed })
    const listen = first.url.replace('http://', '')
    const config = configFor({ services: closed, redis: closed, postgres: closed, listen })
    const state = ['--state-file', join(folder, 'another-state.json')]
    const { code, stdout, stderr } = await run(['serve', '--config', config, ...state])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain(`http.listen`)
    expect(stderr).toContain(listen)
    expect((await first.get('/healthz')).status).toBe(200)
  })

  it('says that its state is that of another daemon, and ends', async () => {
    const closed = await freePort()
    const first = await gateFor({ services: closed, redis: closed, postgres: closed })
    const config = configFor({ services: closed, redis: closed, postgres: closed })
    const { code, stdout, stderr } = await run(['serve', '--config', config])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('state.file')
    expect(stderr).toContain(`process ${first.pid}`)
    expect((await first.get('/healthz')).status).toBe(200)
  })

  it('leaves the state alone, which may be that of the daemon that has the address', async () => {
    const closed = await freePort()
    const first = await gateFor({ services: closed, redis: closed, postgres: closed })
    const listen = first.url.replace('http://', '')
    const state = join(folder, 'another-state.json')
    const text = JSON.stringify(firstForm, null, 2)
    writeFileSync(state, text)
    const config = configFor({ services: closed, redis: closed, postgres: closed, listen })
    expect((await run(['serve', '--config', config, '--state-file', state])).code).toBe(2)
    expect(readFileSync(state, 'utf8')).toBe(text)
  })

  it('names all faults of a wrong configuration, and ends with 2 before it starts anything', async () => {
    const file = join(folder, 'wrong.yaml')
    const text = stringify({
      services: { api: { replicas: [] }, gatway: {} },
      redis: { url: 'http://nowhere' },
      http: { listen: '127.0.0.1:99999' },
      state: { file: join(folder, 'state.json') },
      limits: { streams: { lagEntries: { trip: 5, clear: 20 } } },
    })
    writeFileSync(file, text)
    const { code, stdout, stderr } = await run(['serve', '--config', file])
    expect([code, stdout]).toEqual([2, ''])
    for (const key of ['gatway', 'redis.url', 'http.listen', 'lagEntries', 'postgres', 'services.api'])
      expect(stderr).toContain(key)
  })

  it('ends with 2 when the file is missing', async () => {
    const { code, stderr } = await run(['serve', '--config', join(folder, 'missing.yaml')])
    expect(code).toBe(2)
    expect(stderr).toContain('missing.yaml')
  })

  it('does not die of a request to reload that comes while it starts', async () => {
    const closed = await freePort()
    const file = configFor({ services: closed, redis: closed, postgres: closed })
    // It waits for its state until the test writes it.
    const state = join(folder, 'state.json')
    spawnSync('mkfifo', [state])
    const running = start(['serve', '--config', file, '--log-level', 'info'])
    await waitForReader(state, JSON.stringify(firstForm), () => running.send('SIGHUP'))
    await running.said('listening on')
    await running.said('configuration reloaded')
    running.send('SIGTERM')
    expect((await running.ended).code).toBe(0)
  })
})

/** Opens a pipe for writing, which takes until somebody reads it; calls back, waits a little and writes. */
async function waitForReader(pipe: string, text: string, opened: () => void): Promise<void> {
  const file = await open(pipe, 'w')
  opened()
  await delay(200)
  await file.writeFile(text)
  await file.close()
}
