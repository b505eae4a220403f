import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import {
  startAlertmanager,
  startWebhookReceiver,
  type AlertmanagerServer,
  type NotifiedAlert,
  type WebhookReceiver,
} from '../../rig/alertmanager.ts'
import { startPrometheus, type PrometheusServer } from '../../rig/prometheus.ts'
import { gateGroup, platformGroup } from '../../alerts/source/index.ts'
import { alertmanager as shipped } from '../../alerts/source/routing.ts'
import { ruleFile } from '../../alerts/source/rule-file.ts'
import { author, checkIn, proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'
import { keptBack, stopsKeptBack } from '../support/alerts/kept-back.ts'
import { eventually } from '../support/waiting.ts'

/**
 * The shipped rules and the shipped fragment, with two things changed: all waits of the rules are a twentieth of what
 * they are, and Alertmanager collects for three seconds where it collects for ten and more.
 */
const HURRY = 20
const links = { runbook: 'https://docs.example', grafana: 'https://grafana.example' }

let ground: Ground
let gate: Gate
let hook: WebhookReceiver
let alertmanager: AlertmanagerServer
let prometheus: PrometheusServer

function hurried(): string {
  return JSON.stringify(shipped, (key, value: unknown) => {
    if (key === 'group_wait') return '3s'
    if (key === 'group_interval') return '1s'
    return typeof value === 'string' ? value.replace('http://receiver.example', hook.url) : value
  })
}

beforeAll(async () => {
  ground = await setGround()
  hook = await startWebhookReceiver()
  alertmanager = await startAlertmanager(hurried())
  prometheus = await startPrometheus()
  ground.configure((configuration) => {
    configuration['alerting'] = {
      prometheus: { url: prometheus.url },
      alertmanager: { urls: [alertmanager.url] },
      receiver: 'caracal-dead-man',
      secondPath: false,
    }
    // Its first attempts are made before Prometheus has scraped anything, and the next must not be half a minute later.
    configuration['probes'] = { alerting: { quiet: '1s', brisk: '1s', timeout: '1s' } }
    configuration['checks'] = { ...(configuration['checks'] as object), 'alerts-reachable': 'on' }
  })
  gate = await ground.start()
  const rules = join(ground.folder, 'rules.yaml')
  await writeFile(rules, stringify(ruleFile([gateGroup(), platformGroup], { links, hurry: HURRY })))
  const namespace = 'caracal'
  const services = ground.platform.replicas.filter(
    ({ service }) => service === 'api' || service === 'gateway',
  )
  await prometheus.configure({
    targets: [
      { job: 'caracal-gate', address: new URL(gate.url).host, labels: { namespace } },
      ...services.map(({ service, url }) => ({
        job: `caracal-caracal-${service}`,
        address: new URL(url).host,
        bearer: ground.platform.metricsBearer,
        labels: { namespace },
      })),
    ],
    ruleFiles: [rules],
    alertmanagers: [alertmanager.address],
  })
})

afterAll(async () => {
  await prometheus.stop()
  await alertmanager.stop()
  await hook.stop()
  await ground.end()
})

/** All alerts that a receiver was told of, in the order of arrival. */
function toldTo(receiver: string): readonly NotifiedAlert[] {
  return hook.received.filter(({ path }) => path === `/${receiver}`).flatMap(({ alerts }) => alerts)
}

function isTold(receiver: string, name: string, status: NotifiedAlert['status'] = 'firing'): boolean {
  return toldTo(receiver).some((alert) => alert.labels['alertname'] === name && alert.status === status)
}

async function isFiringInPrometheus(name: string): Promise<boolean> {
  const alerts = await prometheus.alerts()
  return alerts.some(({ labels, state }) => labels['alertname'] === name && state === 'firing')
}

const CAUSE = 'CaracalCauseRedisUnavailable'
const STOP = 'CaracalStopOutboxDeadMessages'
const SECOND_PATH = 'CaracalPlatformOutboxDeadMessages'

describe('the rules on the platform', () => {
  it('ask for what its replicas expose, but for Coordinator, which refuses the bearer of all others', async () => {
    const texts = await Promise.all(
      ground.platform.replicas.map(async ({ url }) => {
        const headers = { authorization: `Bearer ${ground.platform.metricsBearer}` }
        const response = await fetch(`${url}/metrics`, { headers })
        return response.ok ? response.text() : ''
      }),
    )
    const exposed = new Set(texts.flatMap((text) => text.match(/^caracal_\w+/gm) ?? []))
    const asked = platformGroup.alerts.flatMap(({ expr }) => expr.match(/(?<!release:)\bcaracal_\w+/g) ?? [])
    expect(asked.length).toBeGreaterThan(12)
    expect(asked.filter((name) => !exposed.has(name))).toEqual(['caracal_outbox_total'])
  })
})

describe(
  'from a fault to the receiver, through a real Prometheus and a real Alertmanager',
  { timeout: 400_000 },
  () => {
    it('the watchdog comes at its own receiver, and nowhere else', async () => {
      await eventually(
        'the watchdog comes',
        () => isTold('caracal-dead-man', 'CaracalGateExporterWatchdog'),
        40,
      )
      expect(new Set(toldTo('caracal-dead-man').map(({ labels }) => labels['alertname'])).size).toBe(1)
    })

    it('R240: the exporter itself finds that its alerts arrive, by the metrics of its own process', async () => {
      await gate.until('it passes', (report) => checkIn(report, 'alerts-reachable').state === 'pass', 90)
    })

    it('a fault in a rollout becomes one page, with what one needs to act on it', async () => {
      await gate.until('proceed', proceeds, 30)
      // It stands as a label in /metrics, and must not get into any alert.
      const id = 'img@query=up'
      expect((await gate.post('/rollouts', { id, ...author })).status).toBe(201)
      await prometheus.until('the rollout is scraped', 'caracal_rollout_info{rollout_id=~".*img.*"}')
      await ground.platform.faults.inject('outbox-dead-messages')
      await eventually('the page comes', () => isTold('caracal-page', STOP), 60)

      const pages = hook.received.filter(({ path }) => path === '/caracal-page')
      expect(pages.map(({ status }) => status)).toEqual(['firing'])
      expect(pages[0]?.groupLabels).toEqual({ release_namespace: 'caracal', release_name: 'caracal' })
      expect(pages[0]?.alerts.map(({ labels }) => labels['alertname']).toSorted()).toEqual([
        'CaracalRolloutStop',
        STOP,
      ])
      const page = toldTo('caracal-page').find(({ labels }) => labels['alertname'] === STOP)
      expect(page?.labels).toEqual({
        alertname: STOP,
        severity: 'critical',
        component: 'api',
        stop_condition: 'outbox-dead-messages',
        release_namespace: 'caracal',
        release_name: 'caracal',
      })
      expect(page?.annotations).toMatchObject({
        summary: expect.stringMatching(
          /^Dead outbox messages appeared: \S+ of caracal in caracal, for \d+s\. Stop the rollout\.$/,
        ),
        runbook_url: 'https://docs.example/outbox-dead-messages',
        next_step: expect.stringMatching(/^psql .*-c "SELECT id/),
        dashboard_url: expect.stringMatching(/^https:\/\/grafana\.example\/d\//),
      })
      expect(page?.annotations['description']).toMatch(
        /^Firing since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\. Measured: \d+ rows \(limit \d+ rows\)\. The verdict stays stop/,
      )
    })

    it('the second path fires too, and is not told of while the first one is', async () => {
      await eventually('the second path fires', () => isFiringInPrometheus(SECOND_PATH), 40)
      // Alertmanager has it, knows why it is silent, and had its time to send it.
      await eventually('Alertmanager keeps it back', async () =>
        (await keptBack(alertmanager)).includes(SECOND_PATH),
      )
      const later = Date.now() / 1_000 + 5
      await prometheus.until('its time is over', 'vector(time())', ([now]) => (now?.value ?? 0) > later)
      expect(isTold('caracal-page', SECOND_PATH)).toBe(false)
      expect(JSON.stringify(hook.received)).not.toContain('img')
    })

    it('R270: an overridden stop condition fires on neither path, and on both when the override is ended', async () => {
      const fired = () => Promise.all([STOP, SECOND_PATH].map(isFiringInPrometheus))
      const wish = { item: 'outbox-dead-messages', forSeconds: 3_600, latched: true, ...author }
      expect((await gate.post('/overrides', wish)).status).toBeLessThan(300)
      await eventually('its own alert', () => isTold('caracal-team', 'CaracalGateOverridden'), 60)
      await eventually('both paths end', async () => !(await fired()).includes(true), 60)
      expect((await gate.post(`/overrides/${wish.item}/end`, author)).status).toBeLessThan(300)
      await eventually('both fire again', async () => !(await fired()).includes(false), 60)
    })

    it('what is fixed and acknowledged is told to be over', async () => {
      await ground.platform.faults.clear('outbox-dead-messages')
      await eventually('it can be acknowledged', async () => {
        const body = { stopCondition: 'outbox-dead-messages', ...author }
        return (await gate.post('/acknowledgements', body)).status < 300
      })
      await eventually('the end is told', () => isTold('caracal-page', STOP, 'resolved'), 60)
      await eventually(
        'that of the rollout too',
        () => isTold('caracal-page', 'CaracalRolloutStop', 'resolved'),
        60,
      )
    })

    it('X15: a Redis that hangs is one page, which keeps back what it explains and nothing else', async () => {
      const before = hook.received.length
      await ground.platform.faults.inject('redis-hung')
      await eventually('the page comes', () => isTold('caracal-page', CAUSE), 90)
      await eventually('it explains a stop', () => isFiringInPrometheus('CaracalExplainedStop'), 60)
      await eventually(
        'what it explains is kept back',
        async () => (await stopsKeptBack(alertmanager)).length > 0,
        60,
      )
      const told = hook.received.slice(before).filter(({ path }) => path === '/caracal-page')
      const names = new Set(told.flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname'])))
      for (const name of await stopsKeptBack(alertmanager)) expect(names).not.toContain(name)
      expect(toldTo('caracal-none')).toEqual([])
      const page = toldTo('caracal-page').find(({ labels }) => labels['alertname'] === CAUSE)
      expect(page?.annotations['summary']).toMatch(
        /^Redis does not answer: caracal in caracal, for \d+s\. Do not continue the rollout\.$/,
      )
      await ground.platform.faults.clear('redis-hung')
      await eventually('its end is told', () => isTold('caracal-page', CAUSE, 'resolved'), 90)
    })

    it('the death of the exporter is told, and what it would have told comes by the second path', async () => {
      await gate.kill()
      await ground.platform.faults.inject('outbox-dead-messages')
      await eventually('its absence', () => isTold('caracal-page', 'CaracalGateExporterAbsent'), 60)
      await eventually('the second path', () => isTold('caracal-page', SECOND_PATH), 60)
      const page = toldTo('caracal-page').find(({ labels }) => labels['alertname'] === SECOND_PATH)
      expect(page?.labels).toMatchObject({
        stop_condition: 'outbox-dead-messages',
        release_namespace: 'caracal',
      })
    })
  },
)
