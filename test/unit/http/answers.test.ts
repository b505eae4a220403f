import { describe, expect, it } from 'vitest'
import { answerBook, viewOf } from '../../../src/http/answers.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { handMadeRules, newBoard, play, reportContext } from './context.ts'

const rules = handMadeRules(new Map())

function open() {
  const board = newBoard(play(rules, 60))
  const book = answerBook({ board, report: () => reportContext(rules) })
  const current = () => {
    const answer = book.current()
    if (answer === undefined) throw new Error('nothing was evaluated')
    return answer
  }
  return { board, current }
}

function parsed(body: Buffer): GateReport {
  return JSON.parse(body.toString()) as GateReport
}

describe('answers', () => {
  it('are the same bytes for everybody until the next evaluation', () => {
    const { board, current } = open()
    const { body } = current()
    expect(current().body).toBe(body)
    board.post(play(rules, 61))
    expect(current().body).not.toBe(body)
  })

  it('to the same demands are made once, however many ask', () => {
    const { current } = open()
    const answer = current()
    const ask = (steady: number) => viewOf(answer, { steady }, answer.snapshot.at).body
    expect(ask(600_000)).toBe(ask(600_000))
    expect(ask(600_000)).not.toBe(ask(700_000))
    expect(parsed(ask(700_000))).toMatchObject({ verdict: 'hold', requiredSteadySeconds: 700 })
  })

  it('are never mistaken for one another, whatever is asked', () => {
    const { current } = open()
    const answer = current()
    const demands = [
      {},
      { rollout: 'a' },
      { rollout: 'b' },
      { steady: 40_000 },
      { steady: 50_000 },
      { steady: 900_000 },
      { maxAge: 1 },
      { rollout: 'a', steady: 900_000 },
    ]
    for (const span of [0, 10_000, 20_000])
      for (const demand of demands) {
        const view = viewOf(answer, demand, answer.snapshot.at + span)
        expect(parsed(view.body)).toEqual(JSON.parse(JSON.stringify(view.report)))
      }
  })

  it('to more demands than are kept are made anew, and right', () => {
    const { current } = open()
    const answer = current()
    for (let turn = 0; turn < 2; turn++)
      for (let steady = 100_000; steady < 200_000; steady += 1_000) {
        const { body } = viewOf(answer, { steady }, answer.snapshot.at)
        expect(parsed(body).requiredSteadySeconds).toBe(steady / 1_000)
      }
  })
})
