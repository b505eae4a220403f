import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnswer, type Answer } from '../../../src/cli/answer.ts'
import { decide } from '../../../src/cli/decision.ts'
import { rendered } from '../../../src/cli/rendering.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { parseXml, type Element } from '../../support/xml.ts'
import { anyReport, anyText, nasty } from './hostile.ts'
import { at, check, gate, held, reply, report, stop, stopped, valid } from './reports.ts'

function junit(document: GateReport): Element {
  return parseXml(rendered('junit', valid(document), {}))
}

function casesOf(root: Element): ReadonlyMap<string, Element> {
  return new Map(
    root.children.flatMap((suite) =>
      suite.children.map((one) => [`${suite.attributes['name']}/${one.attributes['name']}`, one] as const),
    ),
  )
}

function outcomes(root: Element): Readonly<Record<string, string>> {
  return Object.fromEntries([...casesOf(root)].map(([id, one]) => [id, one.children[0]?.name ?? 'passed']))
}

function isGreen(root: Element): boolean {
  const named = [...casesOf(root).values()].flatMap(({ children }) => children.map(({ name }) => name))
  return !named.includes('failure') && !named.includes('error')
}

describe('the test report', () => {
  it('has a suite for the verdict, one for each gate and one for the stop conditions', () => {
    expect(junit(held()).children.map(({ attributes }) => attributes['name'])).toEqual([
      'verdict',
      'readiness',
      'event-health',
      'stop-conditions',
    ])
    expect(outcomes(junit(report()))).toEqual({
      'verdict/proceed': 'passed',
      'readiness/api-ready': 'passed',
      'readiness/sts-ready': 'passed',
      'event-health/outbox-api': 'passed',
      'stop-conditions/outbox-dead-messages': 'passed',
      'stop-conditions/audit-dlq-growing': 'passed',
    })
  })

  it('fails what is proven bad, and says what was expected, who is to blame and what to do', () => {
    const one = casesOf(junit(held())).get('readiness/sts-ready')
    expect(one?.attributes['classname']).toBe('caracal-gate.gates.readiness')
    expect(one?.children[0]).toMatchObject({
      name: 'failure',
      attributes: { message: '1 of 2 replicas is not ready', type: 'not_ready' },
    })
    const said = one?.children[0]?.text.split('\n')
    expect(said).toContain('fail since 20:13:46Z (74 s ago) [not_ready]')
    expect(said).toContain('culprit: sts-1: sts-1 says not ready')
    expect(said).toContain('first action: kubectl -n caracal logs sts-1 --since=5m')
    expect(outcomes(junit(stopped()))['stop-conditions/outbox-dead-messages']).toBe('failure')
  })

  it.each([
    ['pass', 'passed'],
    ['fail', 'failure'],
    ['unknown', 'error'],
    ['pending', 'error'],
    ['skipped', 'skipped'],
    ['quantum', 'error'],
  ] as const)('a check that is %s is %s', (state, outcome) => {
    const one = check('x', { state: state as 'pass' })
    expect(outcomes(junit(held({ gates: [gate('g', [one])] })))['g/x']).toBe(outcome)
  })

  it.each([
    ['clear', 'passed'],
    ['firing', 'failure'],
    ['unknown', 'error'],
    ['pending', 'error'],
    ['skipped', 'skipped'],
    ['quantum', 'error'],
  ] as const)('a stop condition that is %s is %s', (state, outcome) => {
    const one = stop('x', { state: state as 'clear' })
    expect(outcomes(junit(held({ stopConditions: [one] })))['stop-conditions/x']).toBe(outcome)
  })

  it('fails a stop that is latched and not acknowledged, though its cause is gone', () => {
    const latch = {
      at: at(-60),
      reason: 'r',
      message: 'it fired',
      culprits: [],
      preexisting: false,
      acknowledged: null,
    }
    const one = casesOf(junit(stopped({ stopConditions: [stop('x', { latch })] }))).get('stop-conditions/x')
    expect(one?.children[0]).toMatchObject({ name: 'failure', attributes: { type: 'latched' } })
    const acknowledged = { ...latch, acknowledged: { actor: 'ann', reason: 'r', at: at(-1) } }
    const noted = junit(report({ stopConditions: [stop('x', { latch: acknowledged })] }))
    expect(outcomes(noted)['stop-conditions/x']).toBe('passed')
  })

  it('is not green while only the steady time is missing, or for another rollout', () => {
    expect(outcomes(junit(report({ verdict: 'hold', steadySeconds: 3 })))['verdict/proceed']).toBe('error')
    const other = parseXml(rendered('junit', valid(report()), { rollout: 'caracal/48' }))
    expect(outcomes(other)['verdict/proceed']).toBe('failure')
  })

  it('is one error when nothing can be told', () => {
    for (const message of nasty) {
      const answer: Answer = { kind: 'cannot-tell', reason: 'unreachable', message, lasting: false }
      expect(outcomes(parseXml(rendered('junit', answer, {})))).toEqual({ 'verdict/proceed': 'error' })
    }
  })

  it('is well-formed, counts right, and is never green unless the decision is proceed, whatever comes', () => {
    fc.assert(
      fc.property(anyReport, (document) => {
        const answer = readAnswer(reply(document), {})
        const root = parseXml(rendered('junit', answer, {}))
        const proceeds = answer.kind === 'valid' && decide(answer.report, {}) === 'proceed'
        if (!proceeds) expect(isGreen(root)).toBe(false)
        for (const one of [root, ...root.children]) {
          const cases = one === root ? root.children.flatMap(({ children }) => children) : one.children
          const count = (name: string) => cases.filter(({ children }) => children[0]?.name === name).length
          expect(one.attributes).toMatchObject({
            tests: String(cases.length),
            failures: String(count('failure')),
            errors: String(count('error')),
            skipped: String(count('skipped')),
          })
        }
      }),
    )
  })

  it('keeps a text, but for what XML does not have', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const answer: Answer = { kind: 'cannot-tell', reason: 'x', message: text, lasting: true }
        const [one] = casesOf(parseXml(rendered('junit', answer, {}))).values()
        const had = text.replaceAll(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
        expect(one?.children[0]?.attributes['message']).toBe(had)
      }),
    )
  })
})
