import { describe, expect, it } from 'vitest'
import type { GateReport } from '../../../src/contract/document.ts'
import { handMadeRules, play } from './context.ts'
import { open, openWith } from './opening.ts'

describe('waiting', () => {
  it('answers at once when the index is another one, or of another epoch', async () => {
    const { app, board } = await openWith('proceed')
    const { index } = (await app.inject('/gates')).json<GateReport>()
    expect(index).toBe(`k7f2.${board.current()?.revision}`)
    expect((await app.inject('/gates?wait=60s&index=other.1')).statusCode).toBe(200)
    expect((await app.inject('/gates?wait=60s')).statusCode).toBe(200)
  })

  it('answers when the board posts a change, and not before', async () => {
    const { app, board, rules } = await openWith('proceed')
    const { index } = (await app.inject('/gates')).json<GateReport>()
    const waiting = app.inject(`/gates?wait=60s&index=${index}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const current = board.current()
    if (current === undefined) throw new Error('no snapshot')
    const same = play(rules, 1, current)
    board.post(same)
    board.post({ ...same, revision: same.revision + 1 })
    expect((await waiting).json<GateReport>().index).toBe(`k7f2.${same.revision + 1}`)
  })

  it('answers with the same index, or 304, when the time is over', async () => {
    const { app } = await openWith('proceed')
    const first = await app.inject('/gates')
    const { index } = first.json<GateReport>()
    expect((await app.inject(`/gates?wait=5ms&index=${index}`)).json<GateReport>().index).toBe(index)
    const headers = { 'if-none-match': String(first.headers.etag) }
    expect((await app.inject({ url: '/gates?wait=5ms', headers })).statusCode).toBe(304)
  })

  it('waits for a verdict with until', async () => {
    const rules = handMadeRules(new Map())
    const { app, board } = await open(play(rules, 5), rules)
    const waiting = app.inject('/gates/proceed?until=proceed,stop&wait=60s')
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (let seconds = 6; seconds < 40; seconds++) board.post(play(rules, seconds))
    expect((await waiting).statusCode).toBe(200)
    expect((await app.inject('/gates/proceed?until=proceed&wait=60s')).statusCode).toBe(200)
  })

  it('waits for the steady time that the request asks for', async () => {
    const { app, board, rules } = await openWith('proceed')
    const waiting = app.inject('/gates/proceed?until=proceed&steady=65s&wait=60s')
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (let seconds = 1; seconds <= 10; seconds++) {
      const current = board.current()
      if (current !== undefined) board.post(play(rules, 1, current))
    }
    const answer = await waiting
    expect(answer.statusCode).toBe(200)
    expect(answer.json<GateReport>().requiredSteadySeconds).toBe(65)
  })

  it('ends at once when the server closes', async () => {
    const { app } = await openWith('proceed')
    const { index } = (await app.inject('/gates')).json<GateReport>()
    const waiting = app.inject(`/gates?wait=60s&index=${index}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await app.close()
    const answer = await waiting
    expect(answer.statusCode).toBe(200)
    expect(answer.headers.connection).toBe('close')
  })
})
