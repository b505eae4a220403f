import { describe, expect, it } from 'vitest'
import { gateGroup, platformGroup } from '../../../alerts/source/index.ts'
import { explainedInForce } from '../../../alerts/source/causes.ts'
import { causeIds } from '../../../src/core/cause.ts'
import { EXPLAINED, gateAlertNames, platformAlertNames } from '../../../src/contract/alert-names.ts'
import { known } from '../../../src/daemon/known.ts'
import { alertmanager } from '../../../alerts/source/routing.ts'
import { stopConditions } from '../../../alerts/source/stops.ts'
import { cases } from '../../support/alerts/rules.ts'

const all = [...gateAlertNames(known.stopConditions), ...platformAlertNames]

/** What the stories expect an alert to carry. */
function labelsOf(name: string): readonly Readonly<Record<string, string>>[] {
  const told = cases.get(name)?.flatMap(({ told: moments }) => moments.flatMap(({ firing }) => firing)) ?? []
  return told.map((labels) => ({ ...labels, alertname: name }))
}

function matches(matcher: string, labels: Readonly<Record<string, string>>): boolean {
  const [, label = '', operator, value = ''] = /^(\w+)(=~|=)"(.*)"$/.exec(matcher) ?? []
  const actual = labels[label] ?? ''
  return operator === '=' ? actual === value : new RegExp(`^(?:${value})$`).test(actual)
}

/** The alerts that all of the matchers match, as they come in the stories. */
function matched(matchers: readonly string[]): readonly Readonly<Record<string, string>>[] {
  return all.flatMap(labelsOf).filter((labels) => matchers.every((matcher) => matches(matcher, labels)))
}

function names(labels: readonly Readonly<Record<string, string>>[]): readonly string[] {
  return [...new Set(labels.map(({ alertname = '' }) => alertname))]
}

const facts = stopConditions.filter(({ kind }) => kind === 'edge').map(({ id }) => id)

describe('what silences what', () => {
  const rules = alertmanager.inhibit_rules.map((rule) => ({
    ...rule,
    sources: matched(rule.source_matchers),
    targets: matched(rule.target_matchers),
  }))

  it('has something to silence, and something to be silenced by, in every rule', () => {
    for (const { sources, targets } of rules) {
      expect(sources).not.toEqual([])
      expect(targets).not.toEqual([])
    }
  })

  it('never silences the watchdog, or the absence of the exporter', () => {
    const silenced = rules.flatMap(({ targets }) => names(targets))
    expect(silenced).not.toContain('CaracalGateExporterWatchdog')
    expect(silenced).not.toContain('CaracalGateExporterAbsent')
    expect(silenced).not.toContain('CaracalRolloutStop')
  })

  it('never silences a fact but by the same one, told at a higher severity or by the other path', () => {
    expect(facts).toContain('audit-evidence-lost')
    const silencing = rules.flatMap(({ sources, targets, equal }) =>
      targets.flatMap((target) =>
        sources.filter(
          (source) =>
            equal.every((label) => (source[label] ?? '') === (target[label] ?? '')) &&
            facts.includes(target['stop_condition'] ?? '') &&
            source['stop_condition'] !== target['stop_condition'],
        ),
      ),
    )
    expect(silencing).toEqual([])
  })

  it('compares only labels that both sides carry, but for the cluster', () => {
    for (const { equal, sources, targets } of rules)
      for (const label of equal.filter((one) => one !== 'cluster')) {
        expect(sources.filter((labels) => (labels[label] ?? '') === '')).toEqual([])
        expect(targets.filter((labels) => (labels[label] ?? '') === '')).toEqual([])
      }
  })

  it('silences nothing of another release', () => {
    for (const { equal } of rules) {
      expect(equal).toEqual(expect.arrayContaining(['cluster', 'release_namespace']))
      // The second path knows no release, but which stop condition in which namespace.
      expect(equal.includes('release_name') || equal.includes('stop_condition')).toBe(true)
    }
  })

  it('never silences a page by something that pages nobody', () => {
    const critical = rules.flatMap(({ sources, targets, equal }) =>
      targets.filter(
        (target) =>
          target['severity'] === 'critical' &&
          !(target['alertname'] ?? '').startsWith('CaracalPlatform') &&
          sources.some(
            (source) =>
              source['severity'] !== 'critical' &&
              source['alertname'] !== EXPLAINED &&
              equal.every((label) => (source[label] ?? '') === (target[label] ?? '')),
          ),
      ),
    )
    expect(critical).toEqual([])
  })

  it('X15: keeps a stop back for what explains it only where that has an alert of its own', () => {
    const ofCauses = gateGroup().alerts.filter(({ name }) => name.startsWith('CaracalCause'))
    expect(ofCauses).toHaveLength(2 * causeIds.length)
    for (const { expr } of ofCauses) expect(expr).toContain(`${explainedInForce.record}{cause=`)
    const marker = gateGroup().alerts.find(({ name }) => name === EXPLAINED)
    expect(marker?.expr).toBe(`${explainedInForce.record} == 1`)
    const [route] = alertmanager.route.routes ?? []
    expect(route).toEqual({ receiver: 'caracal-none', matchers: [`alertname="${EXPLAINED}"`] })
    expect(alertmanager.receivers).toContainEqual({ name: 'caracal-none' })
  })

  it('silences the waiting of a rollout that must stop, and the second path of a stop that is told', () => {
    const pairs = rules.flatMap(({ sources, targets }) =>
      names(sources).flatMap((source) => names(targets).map((target) => `${source} > ${target}`)),
    )
    expect(pairs).toEqual(
      expect.arrayContaining([
        'CaracalRolloutStop > CaracalRolloutHoldLong',
        'CaracalStopStsUnready > CaracalGateUnknown',
        'CaracalExplainedStop > CaracalStopGatewayUnready',
        'CaracalCauseRedisUnavailable > CaracalRolloutHoldLong',
        'CaracalStopOutboxDeadMessages > CaracalPlatformOutboxDeadMessages',
      ]),
    )
  })
})

describe('the stories of the alerts', () => {
  it('are there for every alert of both files', () => {
    const shipped = [...gateGroup().alerts, ...platformGroup.alerts].map(({ name }) => name)
    expect(shipped.filter((name) => labelsOf(name).length === 0)).toEqual([])
  })
})
