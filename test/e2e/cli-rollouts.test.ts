import { afterEach, describe, expect, it } from 'vitest'
import { problem, rollout, tell } from '../support/cli-answers.ts'
import { cleanUp } from '../support/cli-process.ts'

afterEach(cleanUp)

describe('caracal-gate rollouts', () => {
  const latch = {
    at: '2026-11-22T20:06:00.000Z',
    message: '3 dead rows',
    preexisting: false,
    acknowledged: null,
  }
  const line = {
    sequence: 1,
    at: '2026-11-22T20:05:00.000Z',
    kind: 'rollout-begun',
    subject: 'caracal/48',
    message: 'release',
    actor: 'ann (ci)',
    reason: null,
    hash: '00',
  }

  it('lists them, and tells the story of one', async () => {
    const list = await tell(
      ['rollouts'],
      [200, { rollouts: [rollout('caracal/48', 'rolling'), rollout('r', 'done')] }],
    )
    expect([list.code, list.stdout]).toEqual([
      0,
      'caracal/48  rolling since 20:05:00Z, declared by ann (ci)\nr           done since 20:05:00Z, declared by ann (ci)\n',
    ])
    const stops = [{ stopCondition: 'outbox-dead-messages', latch }]
    const one = { ...rollout('caracal/48', 'rolling'), stops, ledger: [line] }
    const { code, stdout, told } = await tell(['rollouts', 'caracal/48'], [200, one])
    expect([code, told[0]?.path]).toEqual([0, '/rollouts/caracal%2F48'])
    expect(stdout).toContain(
      '  outbox-dead-messages latched at 2026-11-22T20:06:00Z: 3 dead rows\n    not acknowledged\n',
    )
    expect(stdout).toContain('  2026-11-22T20:05:00Z  rollout-begun caracal/48 by ann (ci): release\n')
  })

  it('says with 11 that there is no such rollout', async () => {
    const none = await tell(['rollouts', 'x'], [404, problem('no-such-rollout', 'There is no rollout "x".')])
    expect([none.code, none.stdout]).toEqual([11, ''])
    expect(none.stderr).toContain('there is no rollout "x"; caracal-gate rollouts lists them')
    const known = { ...problem('no-such-rollout', 'none'), allowed: ['caracal/47', 'acme/3'] }
    const misspelt = await tell(['rollouts', 'carcal/47'], [404, known])
    expect([misspelt.code, misspelt.stderr]).toEqual([11, expect.stringContaining('mean caracal/47?')])
  })
})
