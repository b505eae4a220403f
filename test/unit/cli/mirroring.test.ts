import { describe, expect, it } from 'vitest'
import { readAnswer, type Demands } from '../../../src/cli/answer.ts'
import type { NoReply, Reply } from '../../../src/cli/http.ts'
import { listenAddress } from '../../../src/cli/mirror-server.ts'
import { openMirror, type Reading } from '../../../src/cli/mirroring.ts'
import { held, reply, report, stopped } from './reports.ts'

const demands: Demands = { rollout: 'caracal/47' }
const silence: NoReply = { reason: 'timeout', message: 'no whole answer within 2.0 s' }

/** What comes of a question that is sent at this time, and how long that takes; both in milliseconds. */
type Exporter = (now: number) => readonly [reply: Reply | NoReply, took?: number]

const of = (id: string) => report({ rollout: { ...report().rollout, id } })

/** Plays a mirror for a time, and gives what its readiness probe would see every 100 ms, and what it logged. */
async function play(exporter: Exporter, until: number, asked = demands) {
  let now = 0
  const interruption = new AbortController()
  const seen: (readonly [at: number, Reading])[] = []
  const logged: string[] = []
  function pass(span: number): void {
    for (const end = now + span; now < end; now = Math.min(end, now + 100)) seen.push([now, mirror.reading()])
    if (now >= until) interruption.abort('SIGTERM')
  }
  const mirror = openMirror({
    demands: asked,
    interrupted: interruption.signal,
    now: () => now,
    sleep: (span) => Promise.resolve(pass(Math.max(0, span))),
    ask(within) {
      const [answer, took = 5] = exporter(now)
      pass(Math.min(took, within))
      return Promise.resolve({ answer: readAnswer(answer, asked), isReply: 'status' in answer })
    },
    changed: ({ ready, reason }) => void logged.push(`${ready ? 'ready' : 'not ready'}: ${reason}`),
  })
  await mirror.run()
  const readyAt = seen.filter(([, { ready }]) => ready).map(([at]) => at)
  const at = (later: number) => void (now = later)
  return { logged, seen, mirror, at, first: readyAt[0], last: readyAt.at(-1) }
}

describe('a mirror of the verdict', () => {
  it('R180: is ready while it reads proceed, and says each change once', async () => {
    const { logged, first, mirror } = await play(() => [reply(report())], 10_000)
    expect(logged).toEqual(['not ready: starting', 'ready: proceed', 'not ready: stopping'])
    expect(first).toBeLessThan(200)
    expect(mirror.reading()).toMatchObject({ ready: false, reason: 'stopping' })
  })

  it.each<readonly [name: string, reason: string, answer: Reply]>([
    ['hold', 'hold', reply(held())],
    ['stop', 'stop', reply(stopped())],
    ['proceed of another rollout', 'superseded', reply(of('caracal/46'))],
    ['a rollout that another one has replaced', 'superseded', reply(report({ superseded: true }))],
    ['an evaluation that has expired', 'expired', reply(report(), { took: 4_000 })],
    ['a redirect', 'redirected', reply('', { status: 302, body: '', headers: { location: 'https://sso' } })],
    ['a web page', 'not_ours', reply('', { body: '<!doctype html><title>Sign in</title>' })],
    ['a truncated document', 'not_ours', reply('', { body: JSON.stringify(report()).slice(0, 900) })],
    ['nothing', 'not_ours', reply('', { body: '' })],
    ['an answer to another request', 'not_answered', reply(report(), { echoed: false })],
    ['an answer without its time', 'no_time', reply(report(), { headers: { date: '' } })],
  ])('R180: is closed at once by %s', async (_, reason, answer) => {
    const { logged, last } = await play((now) => [now < 3_000 ? reply(report()) : answer], 8_000)
    expect(logged.slice(1, 3)).toEqual(['ready: proceed', `not ready: ${reason}`])
    expect(last).toBeLessThan(3_200)
  })

  it.each<readonly [string, Demands]>([
    ['an older revision', { ...demands, expected: { revision: '48' } }],
    ['another phase', { ...demands, phase: 'rolling' }],
    ['another rollout', { rollout: 'caracal/46' }],
  ])('R180: never opens by proceed about %s', async (_, asked) => {
    expect(await play(() => [reply(report())], 5_000, asked)).toMatchObject({ last: undefined })
  })

  it.each<readonly [string, Exporter]>([
    ['refuses connections', () => [{ reason: 'unreachable', message: 'refused' }]],
    ['hangs', () => [silence, 60_000]],
    ['is known by no name', () => [{ reason: 'unreachable', message: 'no such name' }, 900]],
  ])('R181: is closed within the life of a document when the exporter %s', async (_, gone) => {
    const { last, logged } = await play((now) => (now < 3_000 ? [reply(report())] : gone(now)), 12_000)
    // The last answer came before 3 s, and is good for 3 s from before its question.
    expect(last).toBeGreaterThan(3_000)
    expect(last).toBeLessThan(6_000)
    expect(logged[1]).toBe('ready: proceed')
    expect(logged[2]).toMatch(/^not ready: (?:expired|timeout)$/)
  })

  it('R181: stays ready over one attempt that brings nothing', async () => {
    const once: Exporter = (now) => [now >= 3_000 && now < 3_900 ? silence : reply(report())]
    const { seen } = await play(once, 8_000)
    expect(seen.slice(5).every(([, { ready }]) => ready)).toBe(true)
  })

  it('R181: counts from before the question, not from the answer', async () => {
    const slow: Exporter = (now) =>
      now < 500 ? [reply(report(), { took: 5 }), 1_900] : [{ reason: 'unreachable', message: 'refused' }]
    const { first, last } = await play(slow, 9_000)
    expect(first).toBeGreaterThanOrEqual(1_800)
    expect(last).toBeLessThan(3_000)
  })

  it('is alive while questions end, and not when none does any more', async () => {
    const { seen, mirror, at } = await play(() => [silence, 2_000], 5_000)
    expect(seen.length).toBeGreaterThan(40)
    expect(mirror.isAlive()).toBe(true)
    at(70_000)
    expect(mirror.isAlive()).toBe(false)
  })

  it('opens again when the exporter is back', async () => {
    const { logged } = await play((now) => [now < 3_000 || now > 9_000 ? reply(report()) : silence], 12_000)
    expect(logged.slice(1)).toEqual([
      'ready: proceed',
      'not ready: expired',
      'not ready: timeout',
      'ready: proceed',
      'not ready: stopping',
    ])
  })
})

describe('the address of a mirror', () => {
  it.each([
    [':9466', { port: 9_466 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
  ])('takes %s', (text, address) => {
    expect(listenAddress(text)).toEqual(address)
  })

  it.each(['9466', ':', ':65536', '::1:9466', 'a b:1', '[::1]', ':-1', ''])('refuses "%s"', (text) => {
    expect(() => listenAddress(text)).toThrow(`--listen is "${text}"; allowed: HOST:PORT or :PORT`)
  })
})
