import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changesBetween } from '../../../src/cli/changes.ts'
import { decide } from '../../../src/cli/decision.ts'
import { noPaint, paintFor } from '../../../src/cli/paint.ts'
import { statusText } from '../../../src/cli/status-text.ts'
import { numberInWords, printable, printableJson } from '../../../src/cli/text.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { at, check, gate, held, report, stop, stopped, valid } from './reports.ts'

function shown(document: GateReport, paint = noPaint): string {
  const answer = valid(document)
  const { gates } = answer.report
  return statusText({ answer, decision: decide(answer.report, {}), gates, narrowed: false, all: true, paint })
}

describe('the text of status --all', () => {
  it('begins with the verdict and says the root cause first', () => {
    expect(shown(held()).split('\n').slice(0, 11)).toEqual([
      'HOLD  Hold: 1 of 2 replicas is not ready',
      'since 20:14:00Z (60 s ago), steady for 0 ms of 30 s, evaluated 20 ms ago',
      'release caracal/caracal, rollout caracal/47, rolling, since 20:05:00Z (10 min ago)',
      'rollback unknown: nothing is known',
      '',
      'Blocking',
      '  fail  gates/readiness/checks/sts-ready since 20:13:46Z (74 s ago)',
      '    1 of 2 replicas is not ready',
      '    culprit: sts-1 since 20:13:46Z (74 s ago): sts-1 says not ready',
      '    next: kubectl -n caracal logs sts-1 --since=5m',
      '    runbook: https://docs.example/runbook#outbox',
    ])
  })

  it('X67: names the amount of a culprit beside its own limit', () => {
    const [, item] = held().gates[0]?.checks ?? []
    const [culprit] = item?.culprits ?? []
    if (item === undefined || culprit === undefined) throw new Error('no culprit')
    const threshold = { op: '>=', value: 1, clear: null, unit: 'replicas' } as const
    const amount = { ...culprit, observed: { value: 0, unit: 'replicas' }, threshold } as const
    const showing = (culprits: readonly (typeof amount)[]) =>
      shown(held({ gates: [gate('readiness', [{ ...item, culprits }])] }))
    expect(showing([amount])).toContain('sts-1 says not ready; 0 replicas, limit >= 1 replicas\n')
    const { threshold: _, ...older } = amount
    expect(showing([older as typeof amount])).toContain('sts-1 says not ready; 0 replicas\n')
  })

  it('lists every gate with its checks and every stop condition, in columns', () => {
    const lines = shown(stopped()).split('\n')
    expect(lines.slice(lines.indexOf('Gates'))).toEqual([
      'Gates',
      '  pass     readiness',
      '    pass     api-ready             0 rows, limit <= 0 rows',
      '    pass     sts-ready             0 rows, limit <= 0 rows',
      '  pass     event-health',
      '    pass     outbox-api            0 rows, limit <= 0 rows',
      '',
      'Stop conditions',
      '    firing   outbox-dead-messages  3 dead rows in event_outbox, latched at 20:14:48Z: 3 dead rows in event_outbox',
      '    clear    audit-dlq-growing     0 rows, limit <= 0 rows',
      '',
    ])
  })

  it('tells who acknowledged a latch', () => {
    const acknowledged = { actor: 'ann', reason: 'replayed', at: at(-1) }
    const latch = { at: at(-60), reason: 'r', message: 'm', culprits: [], preexisting: false, acknowledged }
    expect(shown(report({ stopConditions: [stop('x', { latch })] }))).toContain(
      'acknowledged by ann: replayed',
    )
  })

  it('has colours only for a person who wants them', () => {
    const write = () => true
    const paint = paintFor({ stdout: { write, isTTY: true }, env: {} }, false)
    expect(shown(held(), paint)).toContain('\u001b[33mHOLD\u001b[0m')
    for (const [isTTY, env, off] of [
      [false, {}, false],
      [true, { NO_COLOR: '1' }, false],
      [true, { TERM: 'dumb' }, false],
      [true, {}, true],
    ] as const)
      expect(paintFor({ stdout: { write, isTTY }, env }, off)('x', 'bad')).toBe('x')
  })

  it('shows text of an answer as data: no escape, no second line, no direction change, bounded', () => {
    const nasty = `\u001b]0;title\u0007 a\u009b31m b\r\nPROCEED \u202e${'x'.repeat(5_000)}`
    const one = check('api-ready', { state: 'fail', message: nasty, nextStep: nasty })
    const text = shown(held({ summary: nasty, gates: [gate('readiness', [one])] }))
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(text).not.toMatch(/^PROCEED/m)
    expect(text.length).toBeLessThan(4_000)
  })
})

describe('texts from elsewhere', () => {
  it('are one printable line within the limit, whatever they are', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const line = printable(text, 100)
        expect(line.length).toBeLessThanOrEqual(100)
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(line.isWellFormed()).toBe(true)
      }),
    )
  })

  it('stay the same value in JSON, without a character that acts on a terminal', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = printableJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
      }),
    )
  })
})

describe('the lines of wait', () => {
  const first = valid(held()).report

  it('begin with the summary and what is not well', () => {
    expect(changesBetween(undefined, first)).toEqual([
      'Hold: 1 of 2 replicas is not ready',
      'rollout caracal/47 is rolling',
      'readiness/sts-ready is fail: 1 of 2 replicas is not ready',
    ])
  })

  it('are changes from then on', () => {
    expect(changesBetween(first, first)).toEqual([])
    expect(changesBetween(first, valid(report()).report)).toEqual([
      'hold -> proceed: Proceed: all 2 required gates pass and no stop condition stands',
      'readiness/sts-ready fail -> pass',
    ])
    expect(changesBetween(valid(report()).report, valid(stopped()).report)).toEqual([
      'proceed -> stop: Stop: 3 dead rows in event_outbox',
      'outbox-dead-messages clear -> firing, latched: 3 dead rows in event_outbox',
    ])
  })

  it('are not more than a person reads', () => {
    const checks = Array.from({ length: 500 }, (_, index) => check(`c${index}`, { state: 'unknown' }))
    const lines = changesBetween(undefined, valid(held({ gates: [gate('readiness', checks)] })).report)
    expect(lines.length).toBe(41)
    expect(lines.at(-1)).toBe('and 462 more')
  })
})

describe('numbers', () => {
  it('have no false precision', () => {
    expect([0, 12, 0.9312345, 1_073_741_824, 3.14159, 1_234.5].map(numberInWords)).toEqual([
      '0',
      '12',
      '0.931',
      '1073741824',
      '3.14',
      '1235',
    ])
  })
})
