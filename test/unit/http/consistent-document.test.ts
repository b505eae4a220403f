import { describe, expect, it } from 'vitest'
import {
  deadLetterArrivals,
  outboxMessages,
  ready,
  releaseManifestObjects,
} from '../../../src/rules/signals.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { toReport } from '../../../src/http/document.ts'
import { begin } from '../../../src/rollout/commands.ts'
import { rollbackOf } from '../../../src/rollout/rollback.ts'
import { contradictions } from '../../support/consistent-document.ts'
import { play } from '../../support/timeline.ts'
import { healthyWorld, platformRules, batchesOf, type World } from '../rules/platform-world.ts'
import { withValue } from '../rules/world-changes.ts'
import { ok } from '../rollout/commanding.ts'
import { reportContext } from './context.ts'

const rules = platformRules({ steady: 0 })
const healthy = healthyWorld()
const dead = withValue(healthy, outboxMessages, { outbox: 'coordinator', state: 'dead' }, 3)
const dlq = withValue(dead, deadLetterArrivals, { stream: 'caracal.audit.events.dlq' }, 9)
const broken = withValue(dlq, ready, { component: 'api', replica: 'api-0' }, 0, 'not_ready')

/** The document after these worlds, a second apart, in a rollout or without one. */
function documentOf(worlds: readonly World[], inRollout = true): GateReport {
  const first = initialSnapshot(0, rules)
  const from = inRollout ? ok(begin(first, { id: 'r1', actor: 'ann', reason: 'test' }, 0)) : first
  const moments = worlds.map((world, n) => ({ at: n * 1_000, batches: batchesOf(world, n * 1_000) }))
  const snapshot = play(rules, moments, from).at(-1) ?? from
  return toReport(snapshot, reportContext(rules, { rollback: rollbackOf(snapshot) }))
}

const well = documentOf([healthy])
const stopped = documentOf([healthy, broken])
const over = documentOf([healthy, dead, healthy], false)
const differs = documentOf(
  [withValue(healthy, releaseManifestObjects, {}, 40, { digest: `sha256:${'0'.repeat(64)}` })],
  false,
)

type Change = (document: GateReport) => GateReport
const stops =
  (id: string, more: object): Change =>
  (document) => ({
    ...document,
    stopConditions: document.stopConditions.map((stop) => (stop.id === id ? { ...stop, ...more } : stop)),
  })
const checks =
  (id: string, more: object): Change =>
  (document) => ({
    ...document,
    gates: document.gates.map((gate) => ({
      ...gate,
      checks: gate.checks.map((check) => (check.id === id ? { ...check, ...more } : check)),
    })),
  })
const whole =
  (more: object): Change =>
  (document) => ({ ...document, ...more })

describe('what a document says against itself', () => {
  it.each([
    ['all is well', well],
    ['something stops', stopped],
    ['what stopped is over', over],
    ['the evidence is about another manifest', differs],
  ])('is nothing when %s', (_, document) => {
    expect(contradictions(document)).toEqual([])
  })

  it.each<[string, GateReport, Change]>([
    ['a stop under the summary of a hold', stopped, whole({ summary: 'Hold: 0 of 6 required gates pass' })],
    ['a stop that tells of something else', stopped, whole({ summary: 'Stop: the moon is full' })],
    ['a hold beside what fires', stopped, whole({ verdict: 'hold', summary: 'Hold: it fires' })],
    ['a stop beside nothing', well, whole({ verdict: 'stop', summary: 'Stop: it fires' })],
    ['a hold of which nothing says why', well, whole({ verdict: 'hold', summary: 'Hold: why?' })],
    ['a proceed that is superseded', well, whole({ superseded: true })],
    ['a document that never was', well, whole({ expiresAt: well.evaluatedAt })],
    ['a failed check in a gate that passes', well, checks('ready-api', { state: 'fail' })],
    ['nobody to blame', stopped, checks('ready-api', { culprits: [], culpritCount: 0 })],
    ['another reason than the culprit', stopped, checks('ready-api', { reason: 'else' })],
    ['another message than the culprit', stopped, checks('dead-letters', { message: 'nothing is there' })],
    [
      'another value than the culprit',
      stopped,
      checks('dead-letters', { observed: { value: 1, unit: 'entries' } }),
    ],
    ['a value of what is unknown', stopped, checks('dead-letters', { unknownReason: 'stale' })],
    [
      'two units',
      stopped,
      checks('dead-letters', { threshold: { op: '<=', value: 0, clear: null, unit: 'boolean' } }),
    ],
    ['culprits of what is well', stopped, checks('dead-letters', { state: 'pass' })],
    [
      'a limit that a breach keeps',
      stopped,
      stops('audit-dlq-growing', { observed: { value: 0, unit: 'entries' } }),
    ],
    [
      'what is over and still stands',
      stopped,
      stops('audit-dlq-growing', { overSince: stopped.evaluatedAt }),
    ],
    [
      'what stands, although it is over',
      over,
      stops('outbox-dead-messages', { overSince: null, clearsAt: null }),
    ],
    ['a latch without its flag', stopped, stops('audit-dlq-growing', { flags: [] })],
    ['a latch of another time', stopped, stops('audit-dlq-growing', { latchedAt: null })],
    ['a latch outside a rollout', stopped, whole({ rollout: over.rollout })],
    ['what stops without a blocker', stopped, whole({ blocking: [] })],
    ['a blocker of what is well', well, whole({ blocking: stopped.blocking })],
    ['a rollback without a plan', stopped, whole({ rollback: { ...well.rollback, viable: 'no' } })],
  ])('has %s', (_, document, change) => {
    expect(contradictions(change(document))).not.toEqual([])
  })

  it('X22: tells since when dead letters are counted and when the last one came, or contradicts itself', () => {
    const dlq = stopped.stopConditions.find(({ id }) => id === 'audit-dlq-growing')
    expect(dlq?.countedSince).toBe(stopped.rollout.startedAt)
    expect(dlq?.lastEventAt).not.toBeNull()
    for (const more of [{ lastEventAt: null }, { lastEventAt: '1969-12-31T00:00:00.000Z' }])
      expect(contradictions(stops('audit-dlq-growing', more)(stopped))).toHaveLength(1)
    // Outside of a rollout nothing began that a person knows of.
    expect(over.stopConditions.map(({ countedSince }) => countedSince).filter((at) => at !== null)).toEqual(
      [],
    )
  })

  it('X10: has a stop that goes on beside the check that passes', () => {
    const [culprit] = stopped.stopConditions.find(({ id }) => id === 'outbox-dead-messages')?.culprits ?? []
    const { message, reason, observed, threshold, target } = culprit ?? {}
    const past = { message, reason, observed, threshold, target, overSince: null, clearsAt: null }
    const old = stops('outbox-dead-messages', { ...past, culprits: [culprit] })(over)
    expect(contradictions(old)).toEqual(
      expect.arrayContaining([expect.stringContaining('and outbox-dead-rows passes')]),
    )
  })
})
