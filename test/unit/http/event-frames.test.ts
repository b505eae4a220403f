import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GateReport } from '../../../src/contract/document.ts'
import { answerBook, viewOf } from '../../../src/http/answers.ts'
import { closingFrame, gatesFrame, openingFrame, tickFrame } from '../../../src/http/event-frames.ts'
import { finding, handMadeRules, newBoard, play, reportContext } from './context.ts'
import { heardIn, retriesIn } from './event-stream.ts'

function answerWith(message: string) {
  const rules = handMadeRules(new Map([['ready-sts', finding('unmet', { message, key: message })]]))
  const board = newBoard(play(rules, 3))
  const answer = answerBook({ board, report: () => reportContext(rules) }).current()
  if (answer === undefined) throw new Error('nothing was evaluated')
  return answer
}

describe('events', { timeout: 60_000 }, () => {
  it('carry the document as it is, whatever text from a target is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const answer = answerWith(`${message}\nevent: gates\r\ndata: {}\n\n`)
        const heard = heardIn(gatesFrame(answer, 'report').bytes.toString())
        expect(heard).toHaveLength(1)
        expect(heard[0]).toMatchObject({ event: 'gates', id: answer.report.index })
        expect(JSON.parse(heard[0]?.data ?? '')).toEqual(JSON.parse(JSON.stringify(answer.report)))
      }),
      { numRuns: 50 },
    )
  })

  it('carry the envelope alone when that is asked for', () => {
    const { report, ...answer } = answerWith('gone')
    const [heard] = heardIn(gatesFrame({ ...answer, report }, 'envelope').bytes.toString())
    const { apiVersion, verdict, summary, index, evaluatedAt, expiresAt } = report
    const envelope = { apiVersion, verdict, summary, index, evaluatedAt, expiresAt, kind: 'Envelope' }
    expect(JSON.parse(heard?.data ?? '')).toEqual(envelope)
  })

  it('have another id when a demand made another answer of the same index', () => {
    const answer = answerWith('gone')
    const view = viewOf(answer, { rollout: 'another' }, answer.snapshot.at)
    const [plain, stricter] = [gatesFrame(answer, 'report'), gatesFrame(view, 'report')]
    expect(plain.tag).toBe(answer.report.index)
    expect(stricter.tag).not.toBe(plain.tag)
    const data = heardIn(stricter.bytes.toString())[0]?.data ?? ''
    expect((JSON.parse(data) as GateReport).superseded).toBe(true)
  })

  it('that are signs of life carry no id, so that nobody resumes from them', () => {
    const { report, ...answer } = answerWith('gone')
    const [heard] = heardIn(tickFrame({ ...answer, report }).toString())
    const { index, verdict, evaluatedAt, expiresAt } = report
    expect(heard).toEqual({
      event: 'tick',
      id: undefined,
      data: JSON.stringify({ index, verdict, evaluatedAt, expiresAt }),
    })
  })

  it('begin with a time to come back that differs from client to client, and end with a comment', () => {
    const times = [0, 0.5, 0.999].map((random) => retriesIn(openingFrame(random).toString()))
    expect(times).toEqual([[1_000], [2_500], [3_997]])
    expect(heardIn(closingFrame.toString())).toEqual([])
    expect(closingFrame.toString()).toMatch(/^: .+\n\n$/)
  })
})
