import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../../src/cli/answer.ts'
import { changesBetween } from '../../../src/cli/changes.ts'
import { decide } from '../../../src/cli/decision.ts'
import { explanation } from '../../../src/cli/explain-text.ts'
import { junitReport } from '../../../src/cli/junit.ts'
import { noPaint } from '../../../src/cli/paint.ts'
import { lookUp } from '../../../src/cli/wording.ts'
import { statusText } from '../../../src/cli/status-text.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import type { NotEnforced } from '../../../src/contract/modes.ts'
import { at, check, gate, reply, report, stop, valid } from './reports.ts'

const until = at(3_600)
const nothing = { actor: null, reason: null, since: null, latched: false, rollout: null }
const shadowed: NotEnforced = {
  ref: 'stop-conditions/outbox-dead-messages',
  mode: 'shadow',
  until,
  would: 'stop',
  wouldSince: at(-9),
  ...nothing,
}
const overridden: NotEnforced = {
  ...shadowed,
  ref: 'gates/readiness',
  mode: 'overridden',
  would: 'hold',
  actor: 'ann (ops)',
  reason: 'see CHG-1207',
}

/** Proceed, with a stop in shadow that fires and a gate that is overridden and fails. */
function waived(more: Partial<GateReport> = {}): GateReport {
  const failing = check('sts-ready', { state: 'fail', mode: 'overridden', modeUntil: until })
  return report({
    gates: [
      { ...gate('readiness', [failing]), mode: 'overridden', modeUntil: until, required: false },
      gate('event-health', [check('outbox-api')]),
    ],
    stopConditions: [
      stop('outbox-dead-messages', { state: 'firing', mode: 'shadow', modeUntil: until }),
      stop('audit-dlq-growing'),
    ],
    notEnforced: [overridden, shadowed],
    ...more,
  })
}

const line =
  'not enforced: gates/readiness (overridden by ann (ops) until 21:15:00Z, for 1 h more, would hold: see CHG-1207), stop-conditions/outbox-dead-messages (in shadow until 21:15:00Z, for 1 h more, would stop)'

describe('a verdict that was reached without everything', () => {
  it('is taken, and named by status, wait and the report of tests', () => {
    const answer = valid(waived())
    const decision = decide(answer.report, {})
    expect(decision).toBe('proceed')
    const text = statusText({ answer, decision, gates: answer.report.gates, narrowed: false, paint: noPaint })
    expect(text).toContain(line)
    expect(text).toContain('1 of 1 gates pass, 1 of 1 stops clear')
    expect(changesBetween(undefined, answer.report)).toContain(line)
    expect(changesBetween(answer.report, answer.report)).toEqual([])
    expect(changesBetween(answer.report, valid(report()).report)).toContain('everything is enforced again')
    expect(junitReport(answer, decision, answer.report.gates)).toContain(
      'failures="0" errors="0" skipped="2"',
    )
  })

  it('names shadows that are over', () => {
    const { report: read } = valid(report({ expiredShadows: [{ ref: 'gates/readiness', until: at(-60) }] }))
    expect(changesBetween(undefined, read)).toContain(
      'enforced again, since the shadow has expired: gates/readiness',
    )
  })

  it('says so in the explanation of an item', () => {
    const answer = valid(waived())
    const about = lookUp('outbox-dead-messages', answer.report)
    expect(explanation({ answer, decision: 'proceed', paint: noPaint, about })).toContain(
      '   counts    not for the verdict: in shadow until 21:15:00Z, for 1 h more',
    )
  })

  it('marks each of them where everything is shown', () => {
    const answer = valid(waived())
    const { gates } = answer.report
    const text = statusText({
      answer,
      decision: 'proceed',
      gates,
      narrowed: false,
      all: true,
      paint: noPaint,
    })
    expect(text).toContain('readiness (overridden)')
    expect(text).toContain('all is well (in shadow)')
  })

  it.each<[string, Partial<GateReport>]>([
    [
      'a mode that is not known',
      { stopConditions: [stop('x', { state: 'firing', mode: 'paused' as 'shadow', modeUntil: until })] },
    ],
    ['a stop that counts beside one in shadow', { stopConditions: [stop('x', { state: 'firing' })] }],
    [
      'what the rollout asks of a gate that does not count',
      {
        gates: [
          { ...gate('a', [check('arrival', { state: 'fail' })]), mode: 'shadow', modeUntil: until },
          gate('b', [check('c')]),
        ],
      },
    ],
  ])('is no proceed with %s', (_, more) => {
    expect(readAnswer(reply(waived(more)), {})).toMatchObject({
      kind: 'cannot-tell',
      reason: 'contradictory',
    })
  })
})
