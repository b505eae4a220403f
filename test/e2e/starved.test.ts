import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accusations, oldestLook, saysStarved } from '../../bench/accusations.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { author, isFiring, proceeds, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'

let ground: Ground
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  ground.configure((configuration) => {
    // A replica that is away for two seconds is a stop: what is wrongly held against one shows at once.
    configuration['limits'] = { readiness: { lostFor: '2s', startWithin: '15s' } }
    configuration['rollout'] = { steady: '1s' }
  })
  gate = await ground.start()
  await gate.post('/rollouts', { ...author, id: 'starved', phase: 'rolling' })
  await gate.until('proceed', proceeds, 30)
})
afterAll(() => ground.end())

/** The daemon runs for this share of each tenth of a second, for so many seconds. */
function dutyCycle(share: number, seconds: number) {
  const program = join(import.meta.dirname, '../support/duty-cycle.ts')
  return spawn(process.execPath, [program, String(gate.pid), String(share), String(seconds)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** All that the daemon answers until `over`. */
async function answersUntil(over: Promise<unknown>): Promise<readonly GateReport[]> {
  const reports: GateReport[] = []
  let isOver = false
  void over.then(() => (isOver = true))
  while (!isOver) {
    const report = await gate.report().catch(() => undefined)
    if (report !== undefined) reports.push(report)
    await delay(100)
  }
  return reports
}

describe('a daemon that hardly runs', () => {
  it.each([
    { percent: 5, seconds: 6 },
    { percent: 1, seconds: 6 },
  ])(
    'X11 R120 R122: blames nobody with $percent % of a core, and says what it lacks',
    async ({ percent, seconds }) => {
      const cycle = dutyCycle(percent / 100, seconds)
      const reports = await answersUntil(once(cycle, 'exit'))
      const after = await gate.report()
      expect([...reports, after].flatMap(accusations)).toEqual([])
      expect(saysStarved(after)).toBe(true)
      expect(after.blocking.find(({ rootCause }) => rootCause)).toMatchObject({
        ref: 'evaluator/starved',
        message: expect.stringContaining('the exporter itself is starved') as string,
      })
      expect(await gate.metric('caracal_gate_exporter_starved')).toBe(1)
      // The longest that a look is believed in the brisk cadence: three intervals of 5 s, its timeout and a second.
      for (const report of reports.filter(proceeds)) expect(oldestLook(report)).toBeLessThan(30_000)
    },
  )

  it('X11 R122: proceeds again when it runs again, without an acknowledgement', async () => {
    const report = await gate.until('proceed', proceeds, 20)
    expect(accusations(report)).toEqual([])
    expect(report.evaluator.punctuality.ok).toBe(true)
  })

  it('X11 R123: answers the first question after a pause by what it can tell then', async () => {
    await gate.until('proceed', proceeds, 20)
    gate.signal('SIGSTOP')
    const paths = ['/gates', '/gates/proceed', '/metrics', '/']
    const waiting = paths.map((path) => gate.get(path))
    await delay(5_500)
    gate.signal('SIGCONT')
    const [gates, proceed, metrics, page] = await Promise.all(waiting)
    expect(gates?.json()).toMatchObject({ verdict: 'hold' })
    expect(proceed?.status).not.toBe(200)
    expect(metrics?.text).toContain('caracal_rollout_verdict{state="hold"} 1')
    expect(page?.text).toContain('the exporter itself is starved')
    const reports = await answersUntil(gate.until('proceed', proceeds, 20))
    expect(reports.flatMap(accusations)).toEqual([])
    for (const id of ['sts-unready', 'gateway-unready'])
      expect(stopIn(await gate.report(), id).firings).toBe(0)
  })

  it('X11: still stops for a replica that really hangs, when it runs', async () => {
    await gate.until('proceed', proceeds, 20)
    await ground.platform.faults.inject('replica-hung', 'sts-0')
    const report = await gate.until('the stop', isFiring('sts-unready'), 20)
    expect(stopIn(report, 'sts-unready').culprits.map(({ key }) => key)).toEqual(['sts/sts-0'])
  })
})
