import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport, Trends } from '../../src/contract/document.ts'
import { proceeds, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'
import { listenTo } from '../support/event-client.ts'
import { eventually } from '../support/waiting.ts'

let ground: Ground
let gate: Gate
beforeAll(async () => {
  ground = await setGround()
  gate = await ground.start()
  await gate.until('all is well', proceeds, 60)
})
afterAll(() => ground.end())

async function trends(): Promise<Trends> {
  return (await gate.get('/trends?window=5m')).json<Trends>()
}

/** The last values of a series, newest last. */
async function lastOf(ref: string, unit: string, count: number): Promise<readonly (number | null)[]> {
  const series = (await trends()).series.find((one) => one.ref === ref && one.unit === unit)
  return series?.points.slice(-count).map(([, value]) => value) ?? []
}

describe('the trends of a daemon', () => {
  it.each([
    ['consumer lag', 'gates/event-health/checks/stream-backlog', 'entries'],
    ['age of the oldest outbox row', 'gates/event-health/checks/outbox-dispatch', 'seconds'],
    ['age of the revocation snapshot', 'stop-conditions/revocation-snapshot-stale', 'seconds'],
    ['age of the oldest replay file', 'stop-conditions/replay-backlog-aging', 'seconds'],
    ['connections to Postgres', 'stop-conditions/postgres-pool-saturation', 'ratio'],
    ['memory of Redis', 'stop-conditions/redis-memory-pressure', 'ratio'],
    ['dead letters', 'stop-conditions/audit-dlq-growing', 'entries'],
    ['dead outbox rows', 'stop-conditions/outbox-dead-messages', 'rows'],
  ])('show the %s beside its limit', async (_, ref, unit) => {
    await eventually(`${ref} has a value`, async () => typeof (await lastOf(ref, unit, 1))[0] === 'number')
    const series = (await trends()).series.find((one) => one.ref === ref && one.unit === unit)
    expect(series?.threshold?.value).toBeGreaterThanOrEqual(0)
  })

  it('name what the document names, in its units', async () => {
    const { gates, stopConditions } = await gate.report()
    const refs = new Set([
      ...stopConditions.map(({ id }) => `stop-conditions/${id}`),
      ...gates.flatMap(({ id, checks }) => checks.map((check) => `gates/${id}/checks/${check.id}`)),
    ])
    const { series } = await trends()
    expect(series.filter(({ ref }) => !refs.has(ref))).toEqual([])
    expect(new Set(series.map(({ ref, unit }) => `${ref} ${unit}`)).size).toBe(series.length)
  })

  it('have a gap, not a value carried on, while Redis hangs', async () => {
    const memory = () => lastOf('stop-conditions/redis-memory-pressure', 'ratio', 1)
    ground.servers.redis.suspend()
    try {
      await eventually('the memory of Redis is a gap', async () => (await memory())[0] === null, 30)
    } finally {
      ground.servers.redis.resume()
    }
    await eventually('and has a value again', async () => typeof (await memory())[0] === 'number', 30)
  })
})

const dependencies = ['redis', 'postgres', 'http']
const kinds = ['requests', 'seconds']

/** Each counter of each dependency by its name. */
async function counters(): Promise<Readonly<Record<string, number>>> {
  const entries = dependencies.flatMap((dependency) =>
    kinds.map(async (kind) => {
      const name = `caracal_gate_exporter_dependency_${kind}_total{dependency="${dependency}"}`
      return [name, (await gate.metric(name)) ?? Number.NaN] as const
    }),
  )
  return Object.fromEntries(await Promise.all(entries))
}

describe('what dependencies cost', () => {
  it('X35: is counted for each of them, requests and time, and no reload begins it anew', async () => {
    await gate.until('proceed', proceeds, 20)
    let before = await counters()
    for (const [name, count] of Object.entries(before)) expect(count, name).toBeGreaterThan(0)
    for (const steady of ['701ms', '702ms']) {
      const { configHash } = (await gate.report()).evaluator
      ground.configure((configuration) => (configuration['rollout'] = { steady }))
      gate.signal('SIGHUP')
      await eventually(
        'another configuration is in force',
        async () => (await gate.report()).evaluator.configHash !== configHash,
      )
      const after = await counters()
      for (const [name, count] of Object.entries(after))
        expect(count, name).toBeGreaterThanOrEqual(before[name] ?? Number.NaN)
      before = after
    }
    const last = before
    await eventually('everything is asked again', async () =>
      Object.entries(await counters()).every(([name, count]) => count > (last[name] ?? Number.NaN)),
    )
  })
})

describe('the events of a daemon', () => {
  it('show a fault and its end, say that the daemon stops, and start anew with the next daemon', async () => {
    await gate.until('all is well', proceeds, 60)
    const client = await listenTo(`${gate.url}/events`)
    const documents = () =>
      client.heard().flatMap(({ event, data }) => (event === 'gates' ? [JSON.parse(data) as GateReport] : []))
    const seen = (state: string) =>
      documents().some((report) => stopIn(report, 'redis-memory-pressure').state === state)
    await eventually('the document has come', () => documents().length > 0)
    ground.servers.redis.suspend()
    try {
      await eventually('the fault is told of', () => seen('unknown'), 30)
    } finally {
      ground.servers.redis.resume()
    }
    await eventually('its end is told of', () => documents().at(-1)?.verdict === 'proceed', 30)
    const ticks = client.heard().filter(({ event }) => event === 'tick')
    expect(JSON.parse(ticks.at(-1)?.data ?? '{}')).toMatchObject({ verdict: expect.any(String) })

    expect(await gate.stop()).toBe(0)
    await eventually('the stream has ended', () => client.ended())
    expect(client.text()).toMatch(/: the daemon is stopping\n\n$/)

    gate = await ground.start()
    await gate.until('all is well', proceeds, 60)
    const last = documents().at(-1)?.index ?? ''
    const next = await listenTo(`${gate.url}/events?document=envelope`, { 'last-event-id': last })
    await eventually('the document has come', () => next.ids().length > 0)
    expect(next.ids()[0]).not.toBe(last)
    next.leave()
  })
})
