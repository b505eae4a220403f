import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGate, author, isFiring, proceeds, setGround, stopIn } from '../support/daemon.ts'
import type { Configuration, Gate, Ground } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

let ground: Ground
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
})
afterAll(() => ground.end())
beforeEach(async () => {
  await rm(dirname(ground.files.state), { recursive: true, force: true })
  ground.configure()
  gate = await ground.start()
  await gate.until('proceed', proceeds, 20)
})
afterEach(async () => {
  await gate.kill()
  await ground.platform.faults.clearAll()
})

/** A limit that every Redis breaks. */
function strict(configuration: Configuration): void {
  limits(configuration)['redis'] = { memoryRatio: { trip: 0.000_01, clear: 0.000_001 }, persistsFor: '0s' }
}

function limits(configuration: Configuration): Record<string, unknown> {
  return configuration['limits'] as Record<string, unknown>
}

function replicasOf(configuration: Configuration, service: string): { name: string }[] {
  return (
    (configuration['services'] as Record<string, { replicas: { name: string }[] }>)[service]?.replicas ?? []
  )
}

async function hash(): Promise<string> {
  return (await gate.report()).evaluator.configHash
}

async function changed(before: string): Promise<void> {
  await eventually('another configuration is in force', async () => (await hash()) !== before)
}

describe('a reload', () => {
  it('R209: puts a stop condition in shadow, and enforces it when that is over', async () => {
    const shadowed = (until: string) => (configuration: Configuration) => {
      strict(configuration)
      configuration['stopConditions'] = { 'redis-memory-pressure': { mode: 'shadow', until } }
    }
    ground.configure(shadowed(new Date(Date.now() + 3_600_000).toISOString()))
    gate.signal('SIGHUP')
    const report = await gate.until('it would stop', ({ notEnforced: [one] }) => one?.would === 'stop', 20)
    expect(stopIn(report, 'redis-memory-pressure')).toMatchObject({ state: 'firing', mode: 'shadow' })
    expect(report.verdict).not.toBe('stop')
    ground.configure(shadowed('2026-01-01T00:00:00Z'))
    gate.signal('SIGHUP')
    const after = await gate.until('it stops', ({ verdict }) => verdict === 'stop', 20)
    expect(after.expiredShadows).toMatchObject([{ ref: 'stop-conditions/redis-memory-pressure' }])
    expect(ground.log()).toContain('its shadow has expired: it counts for the verdict again')
  })

  it('puts a changed limit in force, at SIGHUP at once', async () => {
    const before = await hash()
    ground.configure(strict)
    gate.signal('SIGHUP')
    await changed(before)
    const report = await gate.until('it fires', isFiring('redis-memory-pressure'), 10)
    expect(stopIn(report, 'redis-memory-pressure').threshold?.value).toBe(0.000_01)
    ground.configure()
    await gate.until('the old limit is back', proceeds, 20)
    expect((await gate.report()).evaluator.configHash).toBe(before)
  })

  it('keeps latches, the rollout and its ledger', async () => {
    await gate.post('/rollouts', { id: 'r1', phase: 'rolling', ...author })
    await ground.platform.faults.inject('outbox-dead-messages')
    await gate.until('it fires', isFiring('outbox-dead-messages'), 10)
    const before = await hash()
    ground.configure((configuration) => (configuration['rollout'] = { steady: '700ms' }))
    await changed(before)
    await ground.platform.faults.clear('outbox-dead-messages')
    await gate.until(
      'its cause is gone',
      (seen) => stopIn(seen, 'outbox-dead-messages').state === 'clear',
      10,
    )
    const report = await gate.report()
    expect(report.verdict).toBe('stop')
    expect(report.requiredSteadySeconds).toBe(0.7)
    expect(stopIn(report, 'outbox-dead-messages').latch).not.toBeNull()
    const { ledger } = (await gate.get('/rollouts/r1')).json<{ ledger: { kind: string }[] }>()
    expect(ledger[0]?.kind).toBe('rollout-begun')
    await gate.post('/acknowledgements', { stopCondition: 'outbox-dead-messages', ...author })
    await gate.until('proceed', proceeds, 10)
  })

  it('of a bad file changes nothing, and says all that is wrong; the fixed one counts', async () => {
    const before = await hash()
    writeFileSync(ground.files.config, 'gatway: {}\nhttp: { listen: nowhere }\nredis: { url: "http://x" }\n')
    const report = await gate.until('it is said', ({ evaluator }) => !evaluator.configReload.ok, 10)
    const said = ground
      .log()
      .split('\n')
      .filter((line) => line.includes('configuration not reloaded'))
    expect(said).toHaveLength(1)
    for (const key of ['gatway', 'http.listen', 'redis.url', 'postgres']) expect(said[0]).toContain(key)
    // The document has room for the first of them.
    expect(report.evaluator.configReload.message).toContain('gatway is not known')
    expect(await gate.metric('caracal_gate_exporter_config_last_reload_successful')).toBe(0)
    expect(report.evaluator.configHash).toBe(before)
    expect(proceeds(await gate.report())).toBe(true)
    ground.configure((configuration) => (configuration['rollout'] = { steady: '600ms' }))
    await gate.until('it is fixed', ({ evaluator }) => evaluator.configReload.ok, 10)
    expect(await hash()).not.toBe(before)
    expect(await gate.metric('caracal_gate_exporter_config_last_reload_successful')).toBe(1)
    await gate.until('proceed', proceeds, 10)
  })

  it('makes replicas come and go, and leaves no series of one that went', async () => {
    expect((await gate.get('/metrics')).text).toContain('gateway-1')
    const before = await hash()
    ground.configure((configuration) => replicasOf(configuration, 'gateway').splice(1))
    await changed(before)
    await eventually(
      'gateway-1 is gone',
      async () => !(await gate.get('/metrics')).text.includes('gateway-1'),
    )
    const text = JSON.stringify({ ...(await gate.report()), evaluator: {} })
    // Its consumer group is still there and belongs to nobody that is known.
    expect(text.replaceAll(/gateway-revocation:[\w-]+/g, '')).not.toContain('gateway-1')
    ground.configure()
    await eventually('it is back', async () =>
      (await gate.get('/metrics')).text.includes('replica="gateway-1"'),
    )
    await gate.until('proceed', proceeds, 20)
    expect(await hash()).toBe(before)
  })

  it('takes a rotated bearer and a rotated token without a restart', async () => {
    const bearer = readFileSync(ground.files.metricsBearer, 'utf8')
    const up = 'caracal_gate_exporter_probe_up{probe="service-metrics"}'
    expect(await gate.metric(up)).toBe(1)
    writeFileSync(ground.files.metricsBearer, 'another')
    const refused = await gate.until('services refuse it', ({ verdict }) => verdict === 'hold', 10)
    expect(refused.blocking.some(({ message }) => message.includes('metricsBearer'))).toBe(true)
    expect(await gate.metric(up)).toBe(0)
    writeFileSync(ground.files.metricsBearer, bearer)
    await gate.until('proceed', proceeds, 20)
    writeFileSync(ground.files.token, 'rotated-0123456789')
    const begin = () => gate.post('/rollouts', { id: 'r1', ...author })
    await eventually('the old token is refused', async () => (await begin()).status === 401)
    writeFileSync(ground.files.token, ground.token)
    await eventually('it is taken again', async () => (await begin()).status < 300)
  })

  it('goes on while Redis hangs', async () => {
    await ground.platform.faults.inject('redis-hung')
    await gate.until('it is noticed', ({ verdict }) => verdict === 'hold', 10)
    const before = await hash()
    ground.configure((configuration) => (configuration['rollout'] = { steady: '800ms' }))
    await changed(before)
    await ground.platform.faults.clear('redis-hung')
    await gate.until('proceed', proceeds, 20)
  })
})

describe('a configuration that is mounted through a symbolic link', () => {
  it('is read anew when the link is turned', async () => {
    await gate.kill()
    const folder = join(ground.folder, 'mounted')
    const versions = ['500ms', '650ms', '800ms'].map((steady, index) => {
      ground.configure((configuration) => (configuration['rollout'] = { steady }))
      const version = join(folder, `..v${index}`)
      mkdirSync(version, { recursive: true })
      renameSync(ground.files.config, join(version, 'gate.yaml'))
      return { version, seconds: Number.parseInt(steady, 10) / 1_000 }
    })
    const turn = (version: string) => {
      symlinkSync(version, join(folder, '..new'))
      renameSync(join(folder, '..new'), join(folder, '..data'))
    }
    turn(versions[0]?.version ?? '')
    const config = join(folder, 'gate.yaml')
    symlinkSync(join('..data', 'gate.yaml'), config)
    gate = await startGate(config, join(ground.folder, 'mounted.log'), ground.token)
    for (const { version, seconds } of versions) {
      if (seconds !== 0.5) turn(version)
      await gate.until('it is in force', (report) => report.requiredSteadySeconds === seconds, 10)
    }
    rmSync(folder, { recursive: true })
  })
})
