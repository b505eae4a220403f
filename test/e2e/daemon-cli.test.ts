import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FaultControl } from '../../rig/platform/faults.ts'
import type { GateReport } from '../../src/publish/contract.ts'
import { cleanUp, run, start } from '../support/cli-process.ts'
import { author, isFiring, proceeds, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'

let ground: Ground
let gate: Gate
let faults: FaultControl

beforeAll(async () => {
  ground = await setGround()
  faults = ground.platform.faults
  configure()
  gate = await ground.start()
  await gate.until('proceed', proceeds, 20)
})
afterEach(cleanUp)
afterAll(() => ground.end())

/** The daemon is asked for its verdict in whole seconds. */
function configure(listen = '127.0.0.1:0'): void {
  ground.configure((configuration) =>
    Object.assign(configuration, { rollout: { steady: '1s' }, http: { listen } }),
  )
}

function status(...args: readonly string[]) {
  return run(['status', '--url', gate.url, ...args])
}

describe('caracal-gate against a living platform', () => {
  it('status ends with 0 on proceed, 3 on hold and 4 on stop', async () => {
    const proceeding = await status()
    expect(proceeding).toMatchObject({ code: 0, stderr: '' })
    expect(proceeding.stdout).toContain('Proceed')

    await faults.inject('gateway-group-missing')
    await gate.until('it holds', ({ verdict }) => verdict === 'hold', 10)
    const holding = await status()
    expect(holding.code).toBe(3)
    expect(holding.stdout).toContain('gateway-revocation')
    await faults.clear('gateway-group-missing')
    await gate.until('proceed', proceeds, 20)

    await gate.post('/rollouts', { id: 'r1', phase: 'rolling', ...author })
    await faults.inject('outbox-dead-messages')
    await gate.until('it fires', isFiring('outbox-dead-messages'), 10)
    const stopped = await status('-o', 'json')
    expect(stopped.code).toBe(4)
    const report = JSON.parse(stopped.stdout) as GateReport
    expect(stopIn(report, 'outbox-dead-messages').state).toBe('firing')
    expect(report.rollout.id).toBe('r1')
  })

  it('wait ends with 4 at a stop, and goes on over a hold until proceed', async () => {
    expect((await run(['wait', '--url', gate.url, '--timeout', '20s'])).code).toBe(4)
    await faults.clear('outbox-dead-messages')
    await gate.until(
      'its cause is gone',
      (seen) => stopIn(seen, 'outbox-dead-messages').state === 'clear',
      10,
    )
    expect((await status()).code).toBe(4)
    await gate.post('/acknowledgements', { stopCondition: 'outbox-dead-messages', ...author })
    await gate.until('proceed', proceeds, 20)

    await faults.inject('redis-eviction-policy')
    await gate.until('it holds', ({ verdict }) => verdict === 'hold', 10)
    const waiting = start(['wait', '--url', gate.url, '--rollout', 'r1', '--timeout', '60s'])
    await waiting.said('Hold')
    await faults.clear('redis-eviction-policy')
    const { code, stdout } = await waiting.ended
    expect(code).toBe(0)
    expect(stdout).toContain('hold -> proceed')
  })

  it('wait goes on over kill -9 of the daemon, times out with 6 and is superseded with 7', async () => {
    await faults.inject('redis-eviction-policy')
    await gate.until('it holds', ({ verdict }) => verdict === 'hold', 10)
    const port = new URL(gate.url).port
    const waiting = start(['wait', '--url', gate.url, '--timeout', '60s'])
    await waiting.said('Hold')
    await gate.kill()
    configure(`127.0.0.1:${port}`)
    await waiting.said('cannot tell')
    gate = await ground.start()
    await gate.until('it holds again', ({ blocking }) => blocking.length === 1, 20)
    expect((await run(['wait', '--url', gate.url, '--timeout', '2s'])).code).toBe(6)
    expect((await run(['wait', '--url', gate.url, '--rollout', 'r2', '--timeout', '20s'])).code).toBe(7)
    await faults.clear('redis-eviction-policy')
    expect((await waiting.ended).code).toBe(0)
  })

  it('cannot tell with 5 when nobody answers', async () => {
    await gate.stop()
    const { code, stdout } = await status()
    expect([code, stdout]).toEqual([5, ''])
  })
})
