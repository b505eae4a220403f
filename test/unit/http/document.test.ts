import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { checkStates } from '../../../src/core/gate.ts'
import { phases } from '../../../src/core/rollout.ts'
import { stopStates } from '../../../src/core/stop.ts'
import { hasEvaluation, toReport } from '../../../src/http/document.ts'
import { finding, handMadeRules, play, reportContext, rollout, start, type World } from './context.ts'
import { checkOf, reportOf, stopOf, wire } from './wire.ts'

describe('the document', () => {
  it('is no evaluation before the first step', () => {
    const rules = handMadeRules(new Map())
    expect(hasEvaluation(undefined)).toBe(false)
    expect(hasEvaluation(initialSnapshot(start, rules))).toBe(false)
    expect(hasEvaluation(play(rules, 1))).toBe(true)
  })

  it('shows what was never judged as unknown', () => {
    const rules = handMadeRules(new Map())
    const report = wire(toReport(initialSnapshot(start, rules), reportContext(rules)))
    expect(report.verdict).toBe('hold')
    expect(report.gates.map((gate) => gate.state)).toEqual(['unknown', 'unknown'])
    expect(checkOf(report, 'ready-api')).toMatchObject({ state: 'unknown', unknownReason: 'never_measured' })
    expect(stopOf(report, 'sts-unready')).toMatchObject({ state: 'unknown', unknownReason: 'never_measured' })
  })

  it('turns from hold to proceed when all has stood for the steady time', () => {
    const early = reportOf(new Map(), 20)
    expect(early).toMatchObject({ verdict: 'hold', steadySeconds: 19, requiredSteadySeconds: 30 })
    const late = reportOf(new Map(), 40)
    expect(late).toMatchObject({ verdict: 'proceed', steadySeconds: 39, blocking: [] })
    expect(late.verdictSince).toBe(new Date(start + 31_000).toISOString())
  })

  it('expires three evaluation intervals after it was evaluated', () => {
    const report = reportOf(new Map())
    expect(Date.parse(report.expiresAt) - Date.parse(report.evaluatedAt)).toBe(3_000)
  })

  it('has an index of epoch and revision', () => {
    const rules = handMadeRules(new Map())
    const snapshot = play(rules, 3)
    expect(toReport(snapshot, reportContext(rules)).index).toBe(`k7f2.${snapshot.revision}`)
  })

  it('names the culprit of a failed check, with its number, limit and next step', () => {
    const bad = finding('unmet', {
      key: 'sts/sts-1',
      reason: 'too_old',
      message: 'sts-1 is 400 s old',
      target: 'sts/sts-1',
      observed: { value: 400, unit: 'seconds' },
      threshold: { op: '<=', value: 300, clear: 60 },
    })
    const report = reportOf(new Map([['ready-sts', [bad, finding('met')]]]))
    expect(checkOf(report, 'ready-sts')).toMatchObject({
      state: 'fail',
      reason: 'too_old',
      message: 'sts-1 is 400 s old',
      observed: { value: 400, unit: 'seconds' },
      threshold: { op: '<=', value: 300, clear: 60, unit: 'seconds' },
      target: 'sts/sts-1',
      nextStep: 'look at sts/sts-1',
      culpritCount: 1,
      runbookUrl: 'https://runbook.example/ready-sts',
    })
    expect(checkOf(report, 'ready-sts').culprits.map(({ key }) => key)).toEqual(['sts/sts-1'])
  })

  it('says why something is unknown', () => {
    const report = reportOf(new Map([['ready-api', finding('unknown')]]))
    expect(checkOf(report, 'ready-api')).toMatchObject({ state: 'unknown', unknownReason: 'unreachable' })
  })

  it('lists what is switched off, with the reason', () => {
    const rules = handMadeRules(new Map(), {
      skipped: new Map([
        ['ready-sts', 'no STS here'],
        ['sts-unready', 'no STS here'],
      ]),
    })
    const report = wire(toReport(play(rules, 1), reportContext(rules)))
    expect(checkOf(report, 'ready-sts')).toMatchObject({
      state: 'skipped',
      message: 'no STS here',
      culprits: [],
    })
    expect(stopOf(report, 'sts-unready')).toMatchObject({ state: 'skipped', message: 'no STS here' })
  })

  it('shows a stop condition while its hold runs, and when it fires', () => {
    const world: World = new Map([['replay-backlog-aging', finding('unmet')]])
    expect(stopOf(reportOf(world, 5), 'replay-backlog-aging').state).toBe('pending')
    const report = reportOf(world, 15)
    expect(stopOf(report, 'replay-backlog-aging')).toMatchObject({
      state: 'firing',
      holdSeconds: 10,
      firings: 1,
    })
    expect(report.verdict).toBe('stop')
    expect(report.blocking[0]).toMatchObject({ ref: 'stop-conditions/replay-backlog-aging', rootCause: true })
  })

  it('keeps the latch of a stop that came and went, and its acknowledgement', () => {
    const world: World = new Map([['audit-dlq-growing', finding('unmet')]])
    const rules = handMadeRules(world)
    const fired = play(rules, 1, { ...initialSnapshot(start, rules), rollout })
    // A condition judges by evidence alone: another outcome is another condition.
    const over = play(handMadeRules(new Map()), 40, fired)
    const report = wire(toReport(over, reportContext(rules)))
    expect(report.verdict).toBe('stop')
    expect(stopOf(report, 'audit-dlq-growing')).toMatchObject({
      state: 'clear',
      flags: ['latched'],
      latchedAt: new Date(start + 1_000).toISOString(),
      acknowledged: false,
      latch: { culprits: ['gateway/gateway-1'], preexisting: false, acknowledged: null },
    })

    const status = over.stops.get('audit-dlq-growing')
    if (status?.latch === undefined) throw new Error('not latched')
    const acknowledged = { actor: 'ada', reason: 'known', at: over.at }
    const latch = { ...status.latch, preexisting: true, acknowledged }
    const stops = new Map(over.stops).set('audit-dlq-growing', { ...status, latch })
    const later = wire(toReport({ ...over, stops }, reportContext(rules)))
    expect(stopOf(later, 'audit-dlq-growing')).toMatchObject({
      flags: ['acknowledged', 'preexisting'],
      acknowledged: true,
      preexisting: true,
      latch: { acknowledged: { actor: 'ada', reason: 'known' } },
    })
  })

  it.each(phases)('shows a rollout in phase %s', (phase) => {
    const finishedAt = phase === 'done' ? { finishedAt: start + 500 } : {}
    const report = reportOf(new Map(), 1, { rollout: { ...rollout, phase, ...finishedAt } })
    expect(report.rollout).toMatchObject({ id: 'caracal/47', phase, images: { sts: 'sts:1.9.0' } })
  })

  it('is idle without a rollout', () => {
    expect(reportOf(new Map()).rollout).toMatchObject({ id: null, phase: 'idle', baseline: null })
  })

  it('shows the baseline of a rollout', () => {
    const report = reportOf(new Map(), 1, {
      rollout,
      baselines: new Map([
        ['b', 2],
        ['a', 1],
        ['seen:release-revision', 5],
        ['follow:moved-at', 17],
      ]),
    })
    expect(report.rollout.baseline).toEqual({
      capturedAt: new Date(start).toISOString(),
      counts: { a: 1, b: 2 },
    })
  })

  it('names 50 culprits at most and counts the rest', () => {
    const many = Array.from({ length: 120 }, (_, place) => finding('unmet', { key: `sts/sts-${place}` }))
    const check = checkOf(reportOf(new Map([['ready-sts', many]])), 'ready-sts')
    expect(check.culprits).toHaveLength(50)
    expect(check.culpritCount).toBe(120)
  })

  it('covers every state that the contract knows', () => {
    expect(checkStates).toEqual(['pass', 'pending', 'unknown', 'fail', 'skipped'])
    expect(stopStates).toEqual(['clear', 'pending', 'firing', 'unknown', 'skipped'])
  })

  it('rests on the oldest look at the targets that its findings name', () => {
    const signal = { name: 's', help: '', type: 'gauge', unit: 'boolean', labels: [] } as const
    const rules = handMadeRules(
      new Map([['ready-sts', [finding('met', { target: 'a' }), finding('met', { key: 'k', target: 'b' })]]]),
      { providers: new Map([['s', 'probe']]) },
    )
    for (const { condition } of rules.gates.flatMap((gate) => gate.checks))
      Object.assign(condition, { signals: [signal] })
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, labels: {} }))
    if (a === undefined || b === undefined || c === undefined) throw new Error('three targets')
    const outcome = { ok: true, readings: [], blindSpots: [] } as const
    const seen = { took: 1, validFor: 60_000, outcome }
    const observations = [
      { target: a, at: start + 100, ...seen },
      { target: b, at: start + 200, ...seen },
    ]
    const batch = { probe: 'probe', at: start + 200, targets: [a, b, c], observations }
    const snapshot = step(initialSnapshot(start, rules), [batch], start + 1_000, rules)
    const report = wire(toReport(snapshot, reportContext(rules)))
    expect(checkOf(report, 'ready-sts').lastSuccessAt).toBe(new Date(start + 100).toISOString())
    // This one names no target, so it rests on all of them, and one of those was never seen.
    expect(checkOf(report, 'ready-api').lastSuccessAt).toBeNull()
  })
})
