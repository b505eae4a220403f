import { describe, expect, it } from 'vitest'
import { readAnswer, type Answer } from '../../../src/cli/answer.ts'
import { changesBetween } from '../../../src/cli/changes.ts'
import type { Report } from '../../../src/cli/document.ts'
import { waitFor, type Conversation, type Question, type Wish } from '../../../src/cli/waiting.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { held, reply, report, stopped } from './reports.ts'

const minute = 60_000
const soon: Wish = { until: 'proceed', timeout: 10 * minute, failFast: true, demands: {} }
const refused: Answer = readAnswer({ reason: 'unreachable', message: 'connection refused' }, {})
const webPage: Answer = readAnswer(reply('', { body: '<html>' }), {})

/** What the other side does with a question at a time (in ms): a document, trouble, or undefined for no change. */
type Server = (now: number, question: Question) => GateReport | Answer | undefined

interface Play {
  readonly code: number
  readonly took: number
  readonly questions: readonly (Question & { readonly at: number })[]
  readonly told: readonly string[]
}

/** Plays a wait against a server; hours take milliseconds. A question that may wait and brings nothing new waits. */
async function play(wish: Partial<Wish>, server: Server, interruptAt = Infinity): Promise<Play> {
  let now = 0
  let before: Report | undefined
  let shown: GateReport | Answer = held()
  const questions: (Question & { at: number })[] = []
  const told: string[] = []
  const interruption = new AbortController()
  function pass(span: number): void {
    now += span
    if (now >= interruptAt) interruption.abort('SIGINT')
  }
  const conversation: Conversation = {
    now: () => now,
    random: () => 0.5,
    interrupted: interruption.signal,
    sleep: (span) => Promise.resolve(pass(span)),
    ask(question) {
      questions.push({ ...question, at: now })
      pass(5)
      const until = now + (question.poll?.wait ?? 0)
      let found = server(now, question)
      while (found === undefined && now < until) {
        pass(Math.min(100, until - now))
        found = server(now, question)
      }
      shown = found ?? shown
      return Promise.resolve(answerOf(shown, question))
    },
    heard(answer) {
      const changes = changesBetween(before, answer.report)
      before = answer.report
      if (changes.length > 0) told.push(answer.report.verdict)
      return changes.length > 0
    },
    troubled: ({ reason }) => void told.push(reason),
    alive: () => void told.push('alive'),
    timedOut: () => void told.push('timed out'),
  }
  const code = await waitFor({ ...soon, ...wish }, conversation)
  return { code, took: now, questions, told }
}

function answerOf(given: GateReport | Answer, { poll }: Question): Answer {
  return 'kind' in given && given.kind === 'GateReport'
    ? readAnswer(reply(given), {}, poll !== undefined)
    : (given as Answer)
}

/** Documents that hold from a time on. */
function over(...steps: readonly (readonly [from: number, is: GateReport | Answer])[]): Server {
  let shown: unknown
  return (now, { poll }) => {
    const current = steps.findLast(([from]) => from <= now)?.[1]
    if (poll !== undefined && current === shown) return undefined
    shown = current
    return current
  }
}

describe('waiting', () => {
  it('ends at once on a proceed that stands already', async () => {
    const { code, questions } = await play({}, over([0, report()]))
    expect([code, questions.length]).toEqual([0, 1])
  })

  it('ends on the proceed that comes, after a look that was not held', async () => {
    const { code, took, questions, told } = await play({}, over([0, held()], [3 * minute, report()]))
    expect(code).toBe(0)
    expect(took).toBeLessThan(3 * minute + 1_000)
    expect(questions.at(-2)?.poll).toBeDefined()
    expect(questions.at(-1)?.poll).toBeUndefined()
    expect(told).toEqual(['hold', 'alive', 'alive', 'proceed'])
  })

  it('does not believe a proceed that is gone in the look without waiting', async () => {
    const server: Server = (_, { poll }) => (poll === undefined ? held() : report())
    expect((await play({ timeout: minute }, server)).code).toBe(6)
  })

  it('ends at once on a stop', async () => {
    const { code, took } = await play({}, over([0, held()], [30_000, stopped()]))
    expect(code).toBe(4)
    expect(took).toBeLessThan(31_000)
  })

  it('stays over a stop when asked to, and ends on the proceed after it', async () => {
    const server = over([0, held()], [30_000, stopped()], [60_000, report()])
    expect((await play({ failFast: false }, server)).code).toBe(0)
  })

  it('ends with stop when a stop stands at the end of the time', async () => {
    const { code, took } = await play({ failFast: false }, over([0, stopped()]))
    expect(code).toBe(4)
    expect(took).toBeGreaterThan(9.9 * minute)
  })

  it('until decided, a stop ends it even without fail-fast', async () => {
    const { code, took } = await play(
      { until: 'decided', failFast: false },
      over([0, held()], [9_000, stopped()]),
    )
    expect(code).toBe(4)
    expect(took).toBeLessThan(11_000)
  })

  it('until stop, it watches to the end and says how things are then', async () => {
    const calm = await play({ until: 'stop' }, over([0, report()]))
    expect(calm.code).toBe(0)
    expect(calm.took).toBeGreaterThan(9.9 * minute)
    expect((await play({ until: 'stop' }, over([0, report()], [minute, stopped()]))).code).toBe(4)
    expect((await play({ until: 'stop' }, over([0, report()], [minute, held()]))).code).toBe(6)
    expect((await play({ until: 'stop' }, over([0, report()], [minute, refused]))).code).toBe(5)
  })

  it('times out on hold, within its time', async () => {
    const { code, took, told } = await play({}, over([0, held()]))
    expect(code).toBe(6)
    expect(took).toBeLessThanOrEqual(10 * minute)
    expect(told.at(-1)).toBe('timed out')
  })

  it('gives a sign of life once a minute while nothing changes', async () => {
    const { told } = await play({}, over([0, held()]))
    expect(told.filter((word) => word === 'alive').length).toBeGreaterThanOrEqual(9)
    expect(told.filter((word) => word === 'alive').length).toBeLessThanOrEqual(10)
  })

  it('does not ask for more than the longest poll, nor past the end', async () => {
    const { questions } = await play({}, over([0, held()]))
    expect(Math.max(...questions.map(({ poll }) => poll?.wait ?? 0))).toBeLessThanOrEqual(25_000)
    expect(Math.max(...questions.map(({ poll, at }) => at + (poll?.wait ?? 0)))).toBeLessThan(10 * minute)
    expect(questions.length).toBeLessThan(40)
  })

  it('goes on over a time in which nobody answers', async () => {
    const server = over([0, held()], [minute, refused], [3 * minute, report()])
    const { code, told } = await play({}, server)
    expect(code).toBe(0)
    expect(told).toContain('unreachable')
  })

  it('asks seldom while nobody answers', async () => {
    const { questions } = await play({}, over([0, held()], [1, refused]))
    expect(questions.length).toBeLessThan(200)
  })

  it('law 9: does not call it hold when the last hold has expired before the time was over', async () => {
    expect((await play({}, over([0, held()], [9 * minute, refused]))).code).toBe(5)
    expect((await play({}, over([0, refused]))).code).toBe(5)
  })

  it('still calls it hold when only the very last look failed', async () => {
    const server: Server = (now, { poll }) =>
      now > 10 * minute - 1_001 ? refused : poll ? undefined : held()
    expect((await play({}, server)).code).toBe(6)
  })

  it('never calls it proceed on the strength of an earlier answer', async () => {
    const server: Server = (now, { poll }) =>
      now > 10 * minute - 1_001 ? refused : poll ? undefined : report()
    expect((await play({ until: 'stop' }, server)).code).toBe(5)
  })

  it('gives up at once on what waiting does not heal, unless it has been well before', async () => {
    const first = await play({}, over([0, webPage]))
    expect([first.code, first.questions.length]).toEqual([5, 1])
    expect((await play({}, over([0, held()], [minute, webPage], [2 * minute, report()]))).code).toBe(0)
  })

  it('X83: ends with superseded when the rollout that is asked about has failed, whatever the verdict', async () => {
    const failed = { ...report(), rollout: { ...report().rollout, phase: 'failed' as const } }
    const wish = { demands: { rollout: 'caracal/47' } }
    expect((await play(wish, over([0, held()], [minute, failed]))).code).toBe(7)
  })

  it('ends with superseded when another rollout is the current one', async () => {
    const next = { ...held(), rollout: { ...held().rollout, id: 'caracal/48' } }
    const wish = { demands: { rollout: 'caracal/47' } }
    expect((await play(wish, over([0, held()], [minute, next]))).code).toBe(7)
    expect((await play({}, over([0, held()], [minute, next], [2 * minute, report()]))).code).toBe(0)
  })

  it('comes back in time when only the steady time is missing', async () => {
    const proven = { ...held(), gates: report().gates, blocking: [], steadySeconds: 25 }
    const { questions } = await play({ demands: { steady: 35_000 } }, over([0, proven], [13_000, report()]))
    expect(questions[1]?.poll?.wait).toBe(11_000)
  })

  it('does not hammer a server that never holds a poll', async () => {
    const { questions } = await play({ timeout: minute }, () => held())
    expect(questions.length).toBeLessThan(62)
  })

  it('ends on an interruption', async () => {
    const { code, took } = await play({}, over([0, held()]), 90_000)
    expect(code).toBe(130)
    expect(took).toBeLessThan(116_000)
  })

  it('takes one look when the time is shorter than a poll', async () => {
    const { code, questions } = await play({ timeout: 1_000 }, over([0, held()]))
    expect([code, questions.length]).toEqual([6, 1])
  })
})
