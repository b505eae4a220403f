import { afterEach, describe, expect, it } from 'vitest'
import { problem, tell } from '../support/cli-answers.ts'
import { cleanUp } from '../support/cli-process.ts'

afterEach(cleanUp)

describe('caracal-gate override', () => {
  const overriding = ['override', 'stream-backlog', '--until', '2h', '--reason', 'backfill, see CHG-1207']
  const answer = { item: 'stream-backlog', overridden: true, until: '2026-11-30T18:00:00.000Z' }

  it('says what, for how long, by whom and why', async () => {
    const { code, stdout, told } = await tell([...overriding, '--latched', '--rollout', 'r1'], [201, answer])
    expect([code, stdout]).toEqual([
      0,
      'stream-backlog is overridden by ann until 18:00:00Z: backfill, see CHG-1207\n',
    ])
    expect(told).toMatchObject([
      {
        path: '/overrides',
        body: { item: 'stream-backlog', forSeconds: 7_200, latched: true, rollout: 'r1', actor: 'ann' },
      },
    ])
  })

  it('takes an instant as well, and ends what it began', async () => {
    const { told } = await tell(
      ['override', 'x', '--until', '2026-11-30T19:00:00+01:00', '--reason', 'r'],
      [201, { item: 'x', overridden: true }],
    )
    expect(told[0]?.body).toMatchObject({ until: '2026-11-30T18:00:00.000Z' })
    const ending = ['override', '--end', 'x', '--reason', 'done']
    const ended = await tell(ending, [200, { item: 'x', overridden: false }])
    expect([ended.code, ended.stdout]).toEqual([0, 'x is enforced again: done\n'])
    expect(ended.told).toMatchObject([{ path: '/overrides/x/end', body: { actor: 'ann', reason: 'done' } }])
    const gone = [404, problem('no-such-override', 'none is in force')] as const
    expect((await tell(ending, undefined, gone)).code).toBe(0)
    expect((await tell(ending, gone)).code).toBe(11)
  })

  it.each([
    [['override', 'x', '--until', '2h'], 'missing --reason TEXT'],
    [['override', 'x', '--reason', 'r'], 'missing --until TIME, or --end'],
    [
      ['override', 'x', '--until', '25h', '--reason', 'r'],
      '--until is "25h"; allowed: a time of at most 24h',
    ],
    [
      ['override', 'x', '--until', 'noon', '--reason', 'r'],
      '--until is "noon"; allowed: a time of at most 24h',
    ],
    [['override', '--end', 'x', '--until', '2h', '--reason', 'r'], '--end goes with none of'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stderr, told } = await tell(args, [201, answer])
    expect([code, stderr, told]).toEqual([2, expect.stringContaining(message), []])
  })

  it('is refused with 10, in the words of the exporter', async () => {
    const first = 'stream-backlog is overridden by bob since 17:00:00 UTC'
    const { code, stderr } = await tell(overriding, [409, problem('override-in-force', first)])
    expect([code, stderr]).toEqual([10, expect.stringContaining(first)])
  })
})
