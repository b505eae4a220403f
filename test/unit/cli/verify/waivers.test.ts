import { describe, expect, it } from 'vitest'
import { linesOf } from '../../../../src/cli/verify/telling.ts'
import { verified } from '../../../../src/cli/verify/verified.ts'
import { fileOf, playedDaemon } from '../../../support/exported-rollout.ts'
import { forgedOf, to, without, type Edit } from '../../../support/forging.ts'

/** A rollout in which a stop condition was overridden, and counted again before its time. */
function overriddenRollout() {
  const played = playedDaemon()
  played.begin('caracal/47')
  played.seconds(2)
  played.override('deep', 600)
  played.seconds(1)
  played.endOverride('deep')
  played.override('shallow', 2)
  played.seconds(4)
  played.finish('caracal/47', 'failed')
  return fileOf(played.exports())
}

const overridden = overriddenRollout()
const twice = (change: object) => (list: unknown) => [
  ...(list as object[]),
  { ...(list as object[])[1], ...change },
]

function wrong(bytes: Uint8Array): string {
  const result = verified(bytes)
  return result.ok ? 'nothing' : `${result.where} ${result.problem}`
}

describe('R271: what an export says did not count', () => {
  it('is verified as the ledger has it', () => {
    const result = verified(Buffer.from(overridden))
    if (!result.ok) throw new Error(result.problem)
    const [first, second] = linesOf(result).filter((line) => line.includes('did not count'))
    expect(first).toMatch(
      /^stop-condition\/deep did not count: overridden by ann \(ci\) \(release 1\.9\) from 2026/,
    )
    expect(second).toMatch(/^check\/shallow did not count/)
  })

  it.each<[string, string, Edit, string]>([
    ['an override less', '', without(0), ' do not have the override of stop-condition/deep, as line '],
    [
      'another time',
      '/0/at',
      to('2026-11-22T20:00:00.000Z'),
      ' do not have the override of stop-condition/deep, as line ',
    ],
    ['another actor', '/0/actor', to('bob'), ' do not have the override of stop-condition/deep, as line '],
    ['no end', '/0/ended', to(null), ' do not have the end of the override of stop-condition/deep, as line '],
    [
      'another subject',
      '/1/subject',
      to('gate/other'),
      ' do not have the override of check/shallow, as line ',
    ],
    ['a shadow for it', '/1/mode', to('shadow'), ' do not have the override of check/shallow, as line '],
    [
      'an override more',
      '',
      twice({ subject: 'gate/other' }),
      '.2 (gate/other) has no line of the ledger that begins it',
    ],
    [
      'another end',
      '/1/ended',
      to('2026-11-22T20:00:00.000Z'),
      '.1 (check/shallow) has no line of the ledger that ends it',
    ],
  ])('with %s is refused, by what the ledger says', (_, path, edit, problem) => {
    expect(wrong(forgedOf(overridden, `predicate/notEnforced${path}`, edit))).toContain(
      `predicate.notEnforced${problem}`,
    )
  })
})
