import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WATCHDOG } from '../../src/contract/alert-names.ts'
import { fold } from '../../src/core/belief.ts'
import { evidenceOf } from '../../src/core/evidence.ts'
import type { Finding } from '../../src/core/finding.ts'
import { alertingProbe } from '../../src/probes/alerting.ts'
import { observe } from '../../src/probes/observe.ts'
import { alertsArrive } from '../../src/rules/alerts.ts'
import { defaultLimits } from '../../src/rules/limits.ts'
import { alertingStage, routes, shippedRules, type AlertingStage } from '../support/alerting-stage.ts'
import { eventually } from '../support/waiting.ts'
import { remembering } from '../unit/rules/judging.ts'

// A real Prometheus and a real Alertmanager, which are broken one way after the other.

let stage: AlertingStage
beforeAll(async () => {
  stage = await alertingStage()
})
afterAll(() => stage?.close())

const clock = { now: () => Date.now() }

/** What the check finds wrong at the next attempt, by the subject. */
async function wrong(): Promise<Readonly<Record<string, string>>> {
  const found = (await findings()).filter(({ answer }) => answer !== 'met')
  return Object.fromEntries(found.map(({ key, reason }) => [key.replace(/:\d+/, ''), reason]))
}

async function findings(): Promise<readonly Finding[]> {
  const probe = alertingProbe(stage.opened.alerting)
  const targets = probe.targets()
  const looks = targets.map((target) =>
    observe(probe, target, clock, 60_000, (_, __, fault) => expect(fault).toBeUndefined()),
  )
  const observations = await Promise.all(looks)
  const beliefs = fold(new Map(), [{ probe: probe.name, at: clock.now(), targets, observations }])
  const providers = new Map(probe.provides.map(({ name }) => [name, probe.name]))
  const evidence = evidenceOf(beliefs, providers, clock.now())
  return alertsArrive(defaultLimits.alerting).judge(evidence, remembering())
}

/** Waits until the check finds this and nothing else. */
async function until(expected: Readonly<Record<string, string>>): Promise<void> {
  let last: unknown
  await eventually(
    `it finds ${JSON.stringify(expected)}`,
    async () => {
      last = await wrong()
      return JSON.stringify(last) === JSON.stringify(expected)
    },
    20,
  ).catch((fault: unknown) => {
    throw new Error(`${String(fault)}; the last was ${JSON.stringify(last)}`)
  })
}

const at = {
  prometheus: (step: string) => `prometheus/${step}`,
  manager: (step: string) => `alertmanager/127.0.0.1/${step}`,
}

const ofPrometheus = [
  'rules',
  'evaluation',
  'evaluation-age',
  'watchdog',
  'alertmanagers',
  'series',
  'series-age',
  'second-path',
  'platform-metrics',
].map(at.prometheus)
const ofAlertmanager = ['arrival', 'suppression', 'receiver', 'silences'].map(at.manager)

const silences: string[] = []

async function silence(matcher: object): Promise<void> {
  silences.push(await stage.silence(matcher))
}

describe('R240: whether alerts arrive', { timeout: 120_000 }, () => {
  it('is found to be so at a Prometheus and an Alertmanager with which nothing is wrong', async () => {
    await until({})
    const subjects = (await findings()).map(({ key }) => key.replace(/:\d+/, ''))
    expect(subjects.toSorted()).toEqual([...ofPrometheus, ...ofAlertmanager].toSorted())
  })

  it.each([
    {
      breakage: 'the token of Prometheus expired and its rules are of an older version',
      change: async () => ({
        targets: [{ ...stage.targets.gate, bearer: 'expired' }, stage.targets.sts],
        ruleFiles: await stage.olderRules(),
      }),
      finds: {
        [at.prometheus('rules')]: 'rules_partly_loaded',
        [at.prometheus('series')]: 'scrape_unauthorized',
      },
    },
    {
      breakage: 'the way to the exporter is blocked, the platform refuses the bearer, a route leads nowhere',
      change: async () => {
        await stage.alertmanager.configure(routes('null'))
        return {
          targets: [
            { ...stage.targets.gate, address: '127.0.0.1:9' },
            { ...stage.targets.sts, bearer: 'expired' },
          ],
        }
      },
      finds: {
        [at.prometheus('series')]: 'scrape_failed',
        [at.prometheus('platform-metrics')]: 'scrape_unauthorized',
        [at.manager('receiver')]: 'receiver_null',
      },
    },
    {
      breakage: 'another exporter is scraped, the platform lacks a metric, the watchdog goes to a team',
      change: async () => {
        await stage.alertmanager.configure(routes('team'))
        return {
          targets: [
            { ...stage.targets.gate, path: '/another' },
            { ...stage.targets.sts, drops: 'caracal_audit_dlq_total' },
          ],
        }
      },
      finds: {
        [at.prometheus('series')]: 'series_of_another',
        [at.prometheus('platform-metrics')]: 'platform_metrics_missing',
        [at.manager('receiver')]: 'receiver_other',
      },
    },
    {
      breakage: 'a metric is dropped, the second path is not selected, the watchdog is silenced',
      change: async () => {
        await stage.alertmanager.configure(routes('dead-man'))
        await silence({ name: 'alertname', value: WATCHDOG, isRegex: false, isEqual: true })
        return {
          targets: [{ ...stage.targets.gate, drops: 'caracal_rollout_verdict' }, stage.targets.sts],
          ruleFiles: shippedRules.slice(0, 1),
        }
      },
      finds: {
        [at.prometheus('series')]: 'series_missing',
        [at.prometheus('second-path')]: 'second_path_not_loaded',
        [at.manager('suppression')]: 'watchdog_silenced',
      },
    },
    {
      breakage: 'a rule can not be evaluated and a page is silenced',
      change: async () => {
        await silence({
          name: 'alertname',
          value: 'CaracalStop(Sts|Gateway).+',
          isRegex: true,
          isEqual: true,
        })
        return { ruleFiles: await stage.failingRules() }
      },
      finds: {
        [at.prometheus('evaluation')]: 'rule_failing',
        [at.manager('silences')]: 'pages_silenced',
      },
    },
    {
      breakage: 'Prometheus sends alerts to no Alertmanager',
      change: () => Promise.resolve({ alertmanagers: [] }),
      finds: {
        [at.prometheus('alertmanagers')]: 'no_alertmanager',
        [at.manager('arrival')]: 'watchdog_not_arrived',
      },
    },
    {
      breakage: 'the way from Prometheus to Alertmanager is blocked',
      change: () => Promise.resolve({ alertmanagers: ['127.0.0.1:9'] }),
      finds: { [at.manager('arrival')]: 'watchdog_not_arrived' },
    },
    {
      breakage: 'the rules on the exporter are not selected',
      change: () => Promise.resolve({ ruleFiles: shippedRules.slice(1) }),
      finds: {
        [at.prometheus('rules')]: 'rules_not_loaded',
        [at.prometheus('watchdog')]: 'watchdog_not_firing',
        [at.manager('arrival')]: 'watchdog_not_arrived',
      },
    },
  ])('is found not to be so while $breakage', async ({ change, finds }) => {
    await stage.prometheus.configure({ ...stage.healthy, ...(await change()) })
    await until(finds)
    await Promise.all(silences.splice(0).map((id) => stage.expire(id)))
  })

  it('is found to be so again when all of that is fixed', async () => {
    await stage.prometheus.configure(stage.healthy)
    await until({})
  })

  it('names the silence, who made it and its end', async () => {
    await silence({ name: 'cluster', value: 'here', isRegex: false, isEqual: true })
    const id = silences[0] ?? ''
    await until({
      [at.manager('suppression')]: 'watchdog_silenced',
      [at.manager('silences')]: 'pages_silenced',
    })
    const said = (await findings()).filter(({ answer }) => answer === 'unmet').map(({ message }) => message)
    const who = `${id} of an operator until 20`
    expect(said[0]).toContain(`${WATCHDOG} is silenced by ${who}`)
    expect(said[1]).toContain(`CaracalRolloutStop would be silenced by ${who}`)
  })
})
