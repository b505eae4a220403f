import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import { contradictions } from '../support/consistent-document.ts'
import {
  author,
  checkIn,
  isFiring,
  proceeds,
  setGround,
  stopIn,
  type Gate,
  type Ground,
} from '../support/daemon.ts'

// What stops outside a rollout, and what is said of it once it is over.

const dead = 'outbox-dead-messages'
let ground: Ground
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  gate = await ground.start()
  await gate.until('all is well', proceeds, 60)
})
afterAll(() => ground.end())

function isOver(report: GateReport): boolean {
  return stopIn(report, dead).overSince !== null && checkIn(report, 'outbox-dead-rows').state === 'pass'
}

describe('a dead row of the Coordinator that is requeued outside a rollout', () => {
  it('R80: X10: goes on as a stop that says that it is over, with what is there now', async () => {
    await ground.platform.faults.inject('coordinator-outbox-dead')
    const fired = await gate.until('it fires', isFiring(dead), 30)
    expect(contradictions(fired)).toEqual([])
    expect(stopIn(fired, dead)).toMatchObject({ observed: { value: 1 }, overSince: null })
    const refused = await gate.post('/acknowledgements', { stopCondition: dead, ...author })
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('still firing')])
    await ground.platform.faults.clear('coordinator-outbox-dead')
    const over = await gate.until('it is over', isOver, 30)
    expect(contradictions(over)).toEqual([])
    const { state, observed, message, culprits, clearsAt, lastEventAt } = stopIn(over, dead)
    expect([state, observed]).toEqual(['firing', { value: 0, unit: 'rows' }])
    expect(message).toMatch(
      /^over since .* UTC, clear at .* UTC: the coordinator outbox has 0 dead rows, was 1$/,
    )
    expect(culprits).toMatchObject([{ key: 'coordinator/dead', answer: 'met', message }])
    // The window of ten minutes runs from the last look that saw it.
    expect(Date.parse(clearsAt ?? '') - Date.parse(lastEventAt ?? '')).toBe(600_000)
    expect(over.summary).toBe(`Stop: Dead outbox messages appeared: ${message}`)
  })

  it('R81: X10: is ended by an acknowledgement', async () => {
    const { status, text } = await gate.post('/acknowledgements', { stopCondition: dead, ...author })
    expect([status, text]).toEqual([200, expect.anything()])
    const report = await gate.until('it is clear', (now) => stopIn(now, dead).state === 'clear', 10)
    expect(stopIn(report, dead)).toMatchObject({ overSince: null, clearsAt: null, culprits: [] })
    await gate.until('it may proceed', proceeds, 60)
  })
})
