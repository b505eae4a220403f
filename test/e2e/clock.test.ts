import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cleanUp, run } from '../support/cli-process.ts'
import { proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'
import { setClockIn, type SetClock } from '../support/set-clock.ts'
import { eventually } from '../support/waiting.ts'

const STEADY = 1_000

let ground: Ground
let gate: Gate
let clock: SetClock
/** Seconds that the daemon's clock is ahead of ours. */
let ahead = 0

beforeAll(async () => {
  ground = await setGround()
  clock = setClockIn(ground.folder)
  ground.configure((configuration) => void (configuration['rollout'] = { steady: '1s' }))
  gate = await ground.start(clock.env)
  await gate.until('proceed', proceeds, 20)
})
afterEach(cleanUp)
afterAll(() => ground.end())

function cli(command: string, ...args: readonly string[]) {
  return run([command, '--url', gate.url, ...args])
}

/** How far the daemon's evaluation is from the time that its clock shows now. */
async function late(): Promise<number> {
  const { evaluatedAt } = await gate.report()
  return Math.abs(Date.parse(evaluatedAt) - (Date.now() + ahead * 1_000))
}

describe('a machine whose clock is set while the daemon runs', () => {
  it.each([
    ['forward by 4 s', 4],
    ['back by 2 s', -2],
    ['forward by 90 s', 90],
    ['forward by 10 h', 36_000],
    ['back by 2 h', -7_200],
  ])('X91 X85: answers rightly within seconds when it is set %s', async (_, by) => {
    ahead += by
    clock.set(ahead)
    await eventually('it follows', async () => (await late()) < 1_500, 5)
    await gate.until('proceed', proceeds, 10)
    expect(await cli('status')).toMatchObject({ code: 0, stderr: '' })
    expect(await cli('wait', '--timeout', '20s')).toMatchObject({ code: 0 })
    expect(await cli('healthcheck', '--ready')).toMatchObject({ code: 0, stdout: 'ok\n' })
    const { verdictSince } = await gate.report()
    expect(Date.parse(verdictSince)).toBeLessThanOrEqual(Date.now() + ahead * 1_000)
  })

  it('X91: sends the time of its documents in the Date header of every answer', async () => {
    for (const path of ['/gates', '/gates/proceed', '/healthz', '/metrics', '/nothing-of-ours']) {
      const response = await fetch(gate.url + path)
      const sentAt = Date.parse(response.headers.get('date') ?? '')
      expect(Math.abs(sentAt - (Date.now() + ahead * 1_000)), path).toBeLessThan(2_500)
    }
  })

  it('X85: believes nothing by a jump of ten hours, and writes it down', async () => {
    const before = await gate.report()
    ahead += 36_000
    clock.set(ahead)
    await gate.until('nothing is proven', ({ verdict }) => verdict === 'hold', 10)
    const again = await gate.until('proceed', proceeds, 10)
    expect(Date.parse(again.verdictSince) - Date.parse(before.evaluatedAt)).toBeGreaterThan(36_000_000)
    expect(again.steadySeconds * 1_000).toBeGreaterThanOrEqual(STEADY)
  })
})
