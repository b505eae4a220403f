import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { firstBroken } from '../../src/rollout/ledger.ts'
import type { Memory } from '../../src/rollout/memory.ts'
import { author, isFiring, proceeds, setGround, stopIn } from '../support/daemon.ts'
import type { Gate, Ground } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

const deadLetters = 'caracal.audit.events.dlq'

let ground: Ground
let redis: Redis
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  redis = new Redis(ground.servers.redis.url, { protocol: 2 })
})
afterAll(async () => {
  redis.disconnect()
  await ground.end()
})
beforeEach(async () => {
  await rm(dirname(ground.files.state), { recursive: true, force: true })
  ground.configure()
})
afterEach(async () => {
  await gate.kill()
  await ground.platform.faults.clearAll()
})

function remembered(): Memory {
  return (JSON.parse(readFileSync(ground.files.state, 'utf8')) as { memory: Memory }).memory
}

async function restart(): Promise<void> {
  await gate.kill()
  gate = await ground.start()
}

async function blockers(): Promise<readonly string[]> {
  return (await gate.report()).blocking.map(({ ref }) => ref)
}

describe('after kill -9', () => {
  it('a stop whose cause is gone still stands, and an acknowledgement releases it', async () => {
    gate = await ground.start()
    await gate.until('proceed', proceeds, 20)
    expect((await gate.post('/rollouts', { id: 'r1', phase: 'rolling', ...author })).status).toBe(201)
    await ground.platform.faults.inject('outbox-dead-messages')
    await gate.until('it fires', isFiring('outbox-dead-messages'), 10)
    await ground.platform.faults.clear('outbox-dead-messages')
    await gate.until('its cause is gone', (report) => !isFiring('outbox-dead-messages')(report), 10)
    await eventually('the latch is kept', () => remembered().latches['outbox-dead-messages'] !== undefined)
    await restart()
    const report = await gate.until(
      'the stop is remembered and its cause is gone',
      (seen) => seen.verdict === 'stop' && stopIn(seen, 'outbox-dead-messages').state === 'clear',
      10,
    )
    const { latch, firings } = stopIn(report, 'outbox-dead-messages')
    expect(latch).toMatchObject({ preexisting: false, acknowledged: null })
    expect(firings).toBe(1)
    expect(report.rollout).toMatchObject({ id: 'r1', phase: 'rolling', actor: author.actor + ' (demo)' })
    const acknowledgement = { stopCondition: 'outbox-dead-messages', ...author }
    expect((await gate.post('/acknowledgements', acknowledgement)).status).toBe(200)
    await gate.until('proceed again', proceeds, 10)
    await restart()
    await gate.until('proceed after another restart', proceeds, 20)
    expect(stopIn(await gate.report(), 'outbox-dead-messages').acknowledged).toBe(true)
  })

  it('a dead letter that arrived while nobody looked is reported, and once only', async () => {
    gate = await ground.start()
    await gate.until('proceed', proceeds, 20)
    await gate.post('/rollouts', { id: 'r1', phase: 'rolling', ...author })
    await gate.kill()
    await redis.xadd(deadLetters, '*', 'data', 'x')
    gate = await ground.start()
    const report = await gate.until('it fires', isFiring('audit-dlq-growing'), 10)
    expect(stopIn(report, 'audit-dlq-growing').culprits.map(({ key }) => key)).toEqual([
      expect.stringContaining(deadLetters),
    ])
    await gate.post('/acknowledgements', { stopCondition: 'audit-dlq-growing', ...author })
    await gate.until('proceed again', proceeds, 10)
    await restart()
    const again = await gate.until('proceed after another restart', proceeds, 20)
    expect(stopIn(again, 'audit-dlq-growing').firings).toBe(1)
  })

  it('the ledger goes on where it ended, in one chain', async () => {
    gate = await ground.start()
    await gate.until('proceed', proceeds, 20)
    await gate.post('/rollouts', { id: 'r1', ...author })
    for (let times = 0; times < 4; times += 1) {
      await restart()
      await gate.post('/rollouts', { id: 'r1', phase: times % 2 === 0 ? 'rolling' : 'verifying', ...author })
    }
    const { ledger } = remembered()
    expect(firstBroken(ledger)).toBeUndefined()
    expect(ledger[0]).toMatchObject({ sequence: 1, kind: 'started' })
    expect(ledger.map(({ sequence }) => sequence)).toEqual(ledger.map((_, index) => index + 1))
    expect(ledger.filter(({ kind }) => kind === 'started')).toHaveLength(5)
    expect(ledger.filter(({ kind }) => kind === 'rollout-phase')).toHaveLength(4)
    const { ledger: shown } = (await gate.get('/rollouts/r1')).json<{ ledger: { hash: string }[] }>()
    expect(shown.length).toBeGreaterThan(4)
    await eventually('every line that was shown is kept', () => {
      const hashes = new Set(remembered().ledger.map(({ hash }) => hash))
      return shown.every((line) => hashes.has(line.hash))
    })
  })

  it('the last twenty rollouts are remembered, newest first', async () => {
    gate = await ground.start()
    for (let number = 1; number <= 22; number += 1) {
      const body = { id: `r${number}`, supersede: true, ...author }
      expect((await gate.post('/rollouts', body)).status).toBe(201)
    }
    expect((await gate.post('/rollouts/r22/finish', { outcome: 'failed', ...author })).status).toBe(200)
    await restart()
    const { rollouts } = (await gate.get('/rollouts')).json<{ rollouts: { id: string; phase: string }[] }>()
    expect(rollouts.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => `r${22 - index}`))
    expect(new Set(rollouts.map(({ phase }) => phase))).toEqual(new Set(['failed']))
    expect((await gate.get('/rollouts/r2')).status).toBe(404)
  })
})

describe('a state that cannot be read', () => {
  it('is a hold that outlives restarts, until a rollout is declared', async () => {
    await mkdir(dirname(ground.files.state))
    writeFileSync(ground.files.state, '{"version":1,"memory":{"rollout"')
    gate = await ground.start()
    const only = ['evaluator/state-unreadable']
    await eventually('nothing else holds', async () => (await blockers()).join() === only.join())
    await restart()
    await eventually('nothing else holds', async () => (await blockers()).join() === only.join())
    const report = await gate.report()
    expect(report.verdict).toBe('hold')
    expect(report.blocking[0]?.message).toContain('begin the rollout anew')
    expect(readFileSync(`${ground.files.state}.unreadable`, 'utf8')).toContain('{"version":1')
    expect((await gate.post('/rollouts', { id: 'r1', ...author })).status).toBe(201)
    await gate.until('proceed', proceeds, 10)
    await restart()
    await gate.until('proceed after another restart', proceeds, 20)
  })
})

describe('a state that cannot be written', () => {
  it('is said in /gates and /metrics, and the daemon goes on', async () => {
    const wall = join(ground.folder, 'a-file')
    writeFileSync(wall, '')
    ground.configure((configuration) => (configuration['state'] = { file: join(wall, 'state.json') }))
    gate = await ground.start()
    const report = await gate.until('it is said', ({ evaluator }) => !evaluator.stateStore.ok, 10)
    expect(report.evaluator.stateStore.message).toContain(wall)
    expect(await gate.metric('caracal_gate_exporter_state_store_up')).toBe(0)
    await eventually('it evaluates and knows all else', async () => (await blockers()).length === 1)
    const { index } = await gate.report()
    await ground.platform.faults.inject('outbox-dead-messages')
    await gate.until('a fault still turns the verdict', ({ verdict }) => verdict === 'stop', 10)
    expect((await gate.report()).index).not.toBe(index)
    await rm(wall)
    await gate.until('it is written once it can be', ({ evaluator }) => evaluator.stateStore.ok, 10)
    expect(await gate.metric('caracal_gate_exporter_state_store_up')).toBe(1)
  })
})
