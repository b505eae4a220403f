import { dirname } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FaultControl } from '../../rig/platform/faults.ts'
import { acknowledging } from '../../src/contract/acknowledging.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { workplace } from '../support/clients/shell.ts'
import { cleanUp, run, start } from '../support/cli-process.ts'
import { author, isFiring, proceeds, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'
import { paste, type Pasted } from '../support/first-actions.ts'

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

/** As a person does who was shown the command. */
async function pasteAcknowledgement(id: string): Promise<Pasted | undefined> {
  const place = await workplace()
  const env = {
    PATH: [place.folder, dirname(process.execPath), process.env['PATH']].join(':'),
    USER: 'ann',
    TOKEN_FILE: await place.write('token', ground.token),
    REASON: "replayed, it's CHG-1182",
  }
  const { command } = acknowledging(id, { externalUrl: gate.url, pod: null })
  const [pasted] = await paste([command], { env })
  return pasted
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
    expect(await pasteAcknowledgement('outbox-dead-messages')).toMatchObject({ code: 0, stderr: '' })
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

  it('begins, explains, takes note and finishes, said once or twice', async () => {
    const env = { CARACAL_GATE_URL: gate.url, CARACAL_GATE_TOKEN: ground.token, CARACAL_GATE_ACTOR: 'a test' }
    const say = (...args: readonly string[]) => run(args, env)
    await gate.until('proceed', proceeds, 20)
    expect((await say('finish', 'r1', '--outcome', 'done')).stdout).toContain('rollout r1 has ended: done')
    expect((await say('finish', 'r1', '--outcome', 'done')).stdout).toContain('had ended before: done')
    expect((await say('finish', 'r1', '--outcome', 'failed')).code).toBe(11)
    expect((await say('begin', 'r1')).code).toBe(10)
    const begun = await say('begin', 'team/r2', '--phase', 'rolling')
    expect(begun).toMatchObject({ code: 0, stderr: '' })
    expect(begun.stdout).toContain('rollout team/r2 has begun: rolling')
    expect((await say('begin', 'team/r2', '--phase', 'verifying')).stdout).toContain(
      'under way already: verifying',
    )
    const refused = await say('begin', 'r3')
    expect(refused.code).toBe(10)
    expect(refused.stderr).toContain('--supersede')

    await faults.inject('outbox-dead-messages')
    await gate.until('it fires', isFiring('outbox-dead-messages'), 10)
    const explained = await say('explain')
    expect(explained.code).toBe(4)
    expect(explained.stdout).toMatch(/^1\. stop-conditions\/outbox-dead-messages {2}firing since/m)
    expect((await say('status', '-o', 'junit')).stdout).toContain('<testcase name="outbox-dead-messages"')
    expect((await say('status', '-o', 'markdown')).stdout).toMatch(/^\*\*STOP\*\* /)
    const standing = await say('ack', 'outbox-dead-messages', '--reason', 'hope')
    expect(standing.code).toBe(10)
    expect(standing.stderr).toContain('caracal-gate explain outbox-dead-messages')
    expect((await say('finish', 'team/r2', '--outcome', 'done')).code).toBe(10)
    expect((await say('ack', 'outbox-ded', '--reason', 'x')).code).toBe(11)
    await faults.clear('outbox-dead-messages')
    await gate.until('it is clear', (seen) => stopIn(seen, 'outbox-dead-messages').state === 'clear', 10)
    expect((await say('explain', 'outbox-dead-messages')).stdout).toContain(
      'caracal-gate ack outbox-dead-messages',
    )
    expect((await say('ack', 'outbox-dead-messages', '--reason', 'replayed')).code).toBe(0)
    expect((await say('ack', 'outbox-dead-messages', '--reason', 'replayed')).code).toBe(10)

    const unauthorised = { ...env, CARACAL_GATE_TOKEN: 'wrong' }
    expect((await run(['ack', 'outbox-dead-messages', '--reason', 'x'], unauthorised)).code).toBe(5)
    await gate.until('all is proven again', proceeds, 20)
    expect((await say('finish', 'team/r2', '--outcome', 'done')).code).toBe(0)
    const story = await say('rollouts', 'team/r2')
    expect(story.code).toBe(0)
    expect(story.stdout).toMatch(/outbox-dead-messages by a test \(.*\): replayed/)
    expect((await say('rollouts')).stdout).toMatch(/^team\/r2 +done, ended at/m)
    expect((await say('rollouts', 'r9')).code).toBe(11)
  })

  it('cannot tell with 5 when nobody answers', async () => {
    await gate.stop()
    const { code, stdout } = await status()
    expect([code, stdout]).toEqual([5, ''])
  })
})
