import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../../src/cli/answer.ts'
import { decide } from '../../../src/cli/decision.ts'
import { explanation } from '../../../src/cli/explain-text.ts'
import { noPaint } from '../../../src/cli/paint.ts'
import { markdownNote } from '../../../src/cli/markdown.ts'
import { lookUp, namedIn } from '../../../src/cli/wording.ts'
import { statusText } from '../../../src/cli/status-text.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { anyReport } from './hostile.ts'
import { at, blocker, check, gate, held, reply, report, stop, stopped, valid } from './reports.ts'

function explained(document: GateReport, wanted?: string): readonly string[] {
  const answer = valid(document)
  const about = wanted === undefined ? undefined : lookUp(wanted, answer.report)
  const decision = decide(answer.report, {})
  return explanation({ answer, decision, paint: noPaint, ...(about && { about }) }).split('\n')
}

const latch = {
  at: at(-60),
  reason: 'r',
  message: 'it fired',
  culprits: [],
  preexisting: false,
  acknowledged: null,
}

describe('the explanation of the verdict', () => {
  it('begins with the root cause: what was expected, what is seen, who is to blame, and what to do', () => {
    expect(explained(held()).slice(4)).toEqual([
      '',
      '1. gates/readiness/checks/sts-ready  fail since 20:13:46Z (74 s ago)',
      '   expected  all is well',
      '   seen      1 of 2 replicas is not ready [not_ready]',
      '   measured  1 replicas, limit >= 2 replicas',
      '   to blame  sts-1 (http://sts-1:8080) since 20:13:46Z (74 s ago): sts-1 says not ready',
      '   looked    last seen whole at 20:15:00Z (0 ms ago)',
      '   do first  kubectl -n caracal logs sts-1 --since=5m',
      '   read      https://docs.example/runbook#outbox',
      '',
    ])
  })

  it('lets what follows from the cause come after it, however the document orders them', () => {
    const consequence = {
      ...blocker('gates/event-health/checks/outbox-api', 'unknown', 'not seen'),
      rootCause: false,
    }
    const cause = blocker('stop-conditions/audit-dlq-growing', 'firing', 'an entry arrived')
    const lines = explained(held({ blocking: [consequence, cause] }))
    const first = lines.findIndex((line) => line.startsWith('1. stop-conditions/audit-dlq-growing'))
    expect(first).toBeGreaterThan(0)
    expect(lines.slice(lines.indexOf('What follows from it'))).toEqual([
      'What follows from it',
      '  unknown  gates/event-health/checks/outbox-api: not seen',
      '',
    ])
    expect(lines.indexOf('What follows from it')).toBeGreaterThan(first)
  })

  it('says how to take note of a stop that is latched, and only then', () => {
    const fixed = stopped({
      blocking: [blocker('stop-conditions/x', 'latched', 'fired and is not acknowledged')],
      stopConditions: [stop('x', { latch })],
    })
    expect(explained(fixed).join('\n')).toContain('   then      caracal-gate ack x --reason "')
    expect(explained(held()).join('\n')).not.toContain('caracal-gate ack')
    const acknowledged = { ...latch, acknowledged: { actor: 'ann', reason: 'replayed', at: at(-1) } }
    const noted = explained(report({ stopConditions: [stop('x', { latch: acknowledged })] }), 'x').join('\n')
    expect(noted).toContain('   noted     by ann at 20:14:59Z: replayed')
    expect(noted).not.toContain('caracal-gate ack')
  })

  it.each(['clear', 'unknown'] as const)(
    'X21: a stop that is latched and %s has been latched since it fired, in every view',
    (state) => {
      const document = stopped({
        blocking: [blocker('stop-conditions/x', 'latched', 'fired and is not acknowledged')],
        stopConditions: [stop('x', { state, latch, since: at(-10) })],
      })
      const since = `since 20:14:00Z (60 s ago), ${state} since 20:14:50Z (10 s ago)`
      expect(explained(document)).toContain(`1. stop-conditions/x  latched ${since}`)
      expect(explained(document, 'x')).toContain(`stop-conditions/x  latched ${since}`)
      const answer = valid(document)
      const decision = decide(answer.report, {})
      const { gates } = answer.report
      const view = { answer, decision, gates, narrowed: false, all: true, paint: noPaint }
      expect(statusText(view)).toContain(`latched  stop-conditions/x ${since}`)
      expect(markdownNote(answer, decision)).toContain(`latched\` ${since}`)
    },
  )

  it('X22: says since when events are counted, and when the last one came', () => {
    const told = (more: object) =>
      explained(stopped({ stopConditions: [stop('x', { state: 'firing', ...more })] }), 'x').join('\n')
    const startedAt = report().rollout.startedAt
    expect(told({ countedSince: startedAt, lastEventAt: at(-12) })).toMatch(
      /counted {3}since the rollout began at \S+Z \(.+ ago\), last one at 20:14:48Z \(12 s ago\)/,
    )
    expect(told({ countedSince: at(-30), lastEventAt: at(-12) })).toContain(
      'counted   since 20:14:30Z (30 s ago), last one at 20:14:48Z (12 s ago)',
    )
    expect(told({ lastEventAt: at(-12) })).toContain('counted   last one at 20:14:48Z (12 s ago)')
    expect(told({})).not.toContain('counted')
  })

  it('says when nothing blocks, and when only time does', () => {
    expect(explained(report())).toContain('Nothing blocks it.')
    expect(explained(report({ verdict: 'hold', steadySeconds: 3 }))).toContain(
      'Nothing blocks it but time: steady for 3 s of 30 s. There is nothing to do.',
    )
  })

  it('explains what is no part of the platform in its own words', () => {
    const lines = explained(held({ blocking: [blocker('request/steady', 'pending', 'stood for 3 s')] }))
    expect(lines).toContain('1. request/steady  pending')
    expect(lines).toContain('   do first  nothing: it is a matter of time')
  })

  it('says what was never seen', () => {
    const blind = check('sts-ready', { state: 'unknown', unknownReason: 'unreachable', lastSuccessAt: null })
    const lines = explained(held({ gates: [gate('readiness', [blind])] }), 'sts-ready')
    expect(lines).toContain('   seen      all is well [within_limit, unknown: unreachable]')
    expect(lines).toContain('   looked    never seen whole, last tried at 20:15:00Z (0 ms ago)')
  })
})

describe('a part', () => {
  it.each(['gates/readiness/checks/sts-ready', 'readiness/sts-ready', 'sts-ready'])(
    'is found as %s',
    (name) => {
      expect(explained(held(), name)[5]).toMatch(/^gates\/readiness\/checks\/sts-ready {2}fail since/)
    },
  )

  it.each(['gates/readiness', 'readiness'])('is a gate as %s, with what is bad in full', (name) => {
    const lines = explained(held(), name)
    expect(lines[5]).toMatch(/^gates\/readiness {2}fail since/)
    expect(lines).toContain('   do first  kubectl -n caracal logs sts-1 --since=5m')
    expect(lines).toContain('  pass  api-ready: all is well (0 rows, limit <= 0 rows)')
  })

  it('is a stop condition, which has nothing to be done about it while it is well', () => {
    const lines = explained(held(), 'outbox-dead-messages')
    expect(lines[5]).toMatch(/^stop-conditions\/outbox-dead-messages {2}clear since/)
    expect(lines.join('\n')).not.toContain('do first')
  })

  it('X46: that is misspelt brings the nearest, and one that is like none all that there are', () => {
    expect(() => explained(held(), 'sts-redy')).toThrow(
      /^REF is "sts-redy"; did you mean sts-ready\?\ncaracal-gate status --all lists them all$/,
    )
    expect(() => explained(held(), 'readiness/sts-redy')).toThrow('did you mean readiness/sts-ready?')
    expect(() => explained(held(), 'x')).toThrow('\n  stop-conditions/audit-dlq-growing')
  })

  it('can be asked for by each ref of any document, and no text breaks a line', () => {
    fc.assert(
      fc.property(anyReport, (document) => {
        const answer = readAnswer(reply(document), {})
        if (answer.kind !== 'valid') return
        for (const about of [
          undefined,
          ...namedIn(answer.report).map(({ ref }) => lookUp(ref, answer.report)),
        ]) {
          const text = explanation({ answer, decision: 'hold', paint: noPaint, ...(about && { about }) })
          expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
          expect(text).not.toMatch(/^(PROCEED|STOP)/m)
        }
      }),
      { numRuns: 50 },
    )
  })
})
