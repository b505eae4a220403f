import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/core/observation.ts'
import { WATCHDOG } from '../../src/contract/alert-names.ts'
import { Secret } from '../../src/config/secret.ts'
import { openAlerting, type OpenedAlerting } from '../../src/daemon/alerting.ts'
import { alertingProbe } from '../../src/probes/alerting.ts'
import { observe } from '../../src/probes/observe.ts'
import * as servers from '../support/misbehaving-server.ts'
import type { Behaviour, MisbehavingServer } from '../support/misbehaving-server.ts'

// What a server answers that is no Prometheus or Alertmanager, or one that lies.

const token = 'token-that-must-not-be-shown'
let server: MisbehavingServer
let opened: OpenedAlerting | undefined

beforeAll(async () => {
  server = await servers.misbehavingServer(servers.hanging)
  opened = openAlerting(
    {
      release: { name: 'caracal', namespace: 'caracal' },
      alerting: {
        prometheus: { url: server.url, bearer: new Secret(token), tls: {} },
        alertmanager: { urls: [server.url], username: 'gate', password: new Secret(token), tls: {} },
        secondPath: true,
      },
    },
    { startedAt: 1_000, now: () => 5_000 },
  )
})
afterAll(async () => {
  await opened?.close()
  await server?.close()
})

async function seen(which: 0 | 1, behaviour: Behaviour): Promise<Outcome> {
  if (opened === undefined) throw new Error('it is not open')
  server.behave(behaviour)
  const probe = alertingProbe(opened.alerting)
  const hurried = { ...probe, pace: () => ({ quiet: 1_000, brisk: 1_000, timeout: 1_000 }) }
  const target = probe.targets()[which] ?? { id: '', labels: {} }
  const { outcome } = await observe(hurried, target, { now: () => 0 }, 0, (_, __, fault) =>
    expect(fault).toBeUndefined(),
  )
  return outcome
}

/** Why nothing was seen, or each step with its reason where it is broken or was not read. */
function toldBy(outcome: Outcome): unknown {
  if (!outcome.ok) return `${outcome.unknownReason}: ${outcome.reason}`
  const steps = outcome.readings.map(({ labels, facts }) => [labels['step'], facts?.code ?? 'intact'])
  const blind = outcome.blindSpots.map(({ labels, reason }) => [labels['step'], reason])
  return Object.fromEntries([...steps, ...blind])
}

/** Answers each path by its own; of others it knows nothing. */
function byPath(answers: Readonly<Record<string, Behaviour>>): Behaviour {
  return (socket, request) => {
    const path = request.path.replace(/\?.*/, '').replace('/api/', '')
    const answer = answers[path] ?? servers.saysJson(404, { status: 'error', error: 'not found' })
    answer(socket, request)
  }
}

const watchdog = {
  labels: { alertname: WATCHDOG, severity: 'none' },
  receivers: [{ name: 'dead-man' }],
  status: { state: 'active', silencedBy: [], inhibitedBy: [] },
}
const status = {
  config: { original: 'receivers: [{ name: dead-man, webhook_configs: [{ url: http://a }] }]' },
}

function silencedBy(...patterns: readonly string[]): Behaviour {
  const silences = patterns.map((value) => ({
    id: 'one',
    createdBy: 'an operator',
    endsAt: '2026-12-01T00:00:00Z',
    status: { state: 'active' },
    matchers: [{ name: 'alertname', value, isRegex: true, isEqual: true }],
  }))
  return byPath({
    'v2/alerts': servers.saysJson(200, [watchdog]),
    'v2/status': servers.saysJson(200, status),
    'v2/silences': servers.saysJson(200, silences),
  })
}

const page = servers.says({ type: 'text/html', body: '<!doctype html><p>Sign in' })

describe('R243: an answer that proves nothing leaves unknown whether alerts arrive', () => {
  it.each<[string, Behaviour, string]>([
    ['that never comes', servers.hanging, 'timeout: timeout'],
    ['that is a web page', page, 'malformed: alerting_malformed'],
    ['that refuses the login', servers.saysJson(401, {}), 'unauthorized: alerting_unauthorized'],
    ['that redirects', servers.saysJson(302, {}, { location: '/login' }), 'malformed: alerting_malformed'],
    ['that is an error', servers.saysJson(503, { status: 'error' }), 'malformed: alerting_error'],
    ['that is empty', servers.saysJson(200, ''), 'malformed: alerting_malformed'],
    [
      'that says nothing',
      servers.saysJson(200, { status: 'success', data: 7 }),
      'malformed: alerting_malformed',
    ],
    ['that never ends', servers.endlessBody({ declared: false }), 'malformed: body_too_large'],
  ])('%s', async (_, behaviour, expected) => {
    expect(toldBy(await seen(0, behaviour))).toBe(expected)
    expect(toldBy(await seen(1, behaviour))).toBe(expected)
  })

  it('by each step that it is about, and by no other', async () => {
    const rules = { groups: [{ rules: [{ name: WATCHDOG, state: 'firing', health: 'ok' }, 7] }] }
    const only = byPath({ 'v1/rules': servers.saysJson(200, { status: 'success', data: rules }) })
    expect(toldBy(await seen(0, only))).toEqual({
      rules: 'rules_partly_loaded',
      // It does not say when.
      evaluation: 'rule_not_evaluated',
      watchdog: 'intact',
      alertmanagers: 'alerting_error',
      series: 'alerting_error',
      'second-path': 'second_path_not_loaded',
      'platform-metrics': 'alerting_error',
      'series-age': 'alerting_error',
      'evaluation-age': 'alerting_error',
    })
  })

  it('and shows no secret', async () => {
    const behaviour = servers.saysJson(400, { status: 'error', error: `Bearer\u202e ${'x'.repeat(9_000)}` })
    const outcome = await seen(0, behaviour)
    expect(server.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${token}`)
    expect(JSON.stringify(outcome)).not.toMatch(/token-that|\u202e|x{200}/)
    await seen(1, behaviour)
    expect(server.requests.at(-1)?.headers['authorization']).toMatch(/^Basic /)
  })
})

describe('R242: a silence', () => {
  it.each<[string, readonly string[], string]>([
    ['of other alerts is none of ours', ['Kube.+|Node.*'], 'intact'],
    ['of a page is found among others', ['Kube.+', '(?:CaracalStop)(Sts|Gateway)Unready'], 'pages_silenced'],
    ['must fit the whole name', ['CaracalStop'], 'intact'],
    ['with a pattern that is no pattern is not judged', ['(?i)caracal.*'], 'silence_unclear'],
    ['with a pattern that takes for ever is not judged', ['(([A-Za-z]+)+)+[0-9]'], 'silence_unclear'],
  ])('%s', async (_, patterns, expected) => {
    const told = toldBy(await seen(1, silencedBy(...patterns)))
    expect(told).toEqual({ arrival: 'intact', suppression: 'intact', receiver: 'intact', silences: expected })
  })
})
