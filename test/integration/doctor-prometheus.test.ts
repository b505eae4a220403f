import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startAlertmanager,
  startWebhookReceiver,
  type AlertmanagerServer,
  type WebhookReceiver,
} from '../../rig/alertmanager.ts'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'
import { startPrometheus, type PrometheusServer } from '../../rig/prometheus.ts'
import { alertmanager } from '../../src/cli/doctor/alertmanager.ts'
import { prometheus } from '../../src/cli/doctor/prometheus.ts'
import type { Found } from '../../src/cli/doctor/finding.ts'
import { foundOf, version } from '../support/doctor.ts'
import { eventually } from '../support/waiting.ts'

// A real Prometheus and real Alertmanagers, which at first have nothing of what they need.

const bearer = 'bearer-Wm3xK9'
const shipped = ['caracal-gate.rules.yaml', 'platform.rules.yaml'].map((name) =>
  resolve(import.meta.dirname, '../../alerts', name),
)
let folder: string
let scraped: Server
let receiver: WebhookReceiver
let server: PrometheusServer
let toNobody: AlertmanagerServer
let toSomebody: AlertmanagerServer

beforeAll(async () => {
  folder = await temporaryFolder('doctor-prometheus')
  scraped = createServer(({ url, headers }, response) => {
    const isRefused = url === '/platform' && headers.authorization !== `Bearer ${bearer}`
    response.writeHead(isRefused ? 401 : 200, { 'content-type': 'text/plain; version=0.0.4' })
    response.end(isRefused ? 'unauthorized' : 'caracal_rollout_verdict{verdict="hold"} 1\n')
  }).listen(0, '127.0.0.1')
  await once(scraped, 'listening')
  receiver = await startWebhookReceiver()
  server = await startPrometheus({ targets: [target()] })
  toNobody = await startAlertmanager(
    stringify({ route: { receiver: 'null' }, receivers: [{ name: 'null' }] }),
  )
})
afterAll(async () => {
  await server?.stop()
  await toNobody?.stop()
  await toSomebody?.stop()
  await receiver?.stop()
  scraped?.close()
  await removeFolder(folder)
})

function addressOf(): string {
  return `127.0.0.1:${(scraped.address() as AddressInfo).port}`
}

function target(secret?: string) {
  const labels = { namespace: 'caracal', service: 'caracal-sts' }
  return {
    job: 'sts',
    address: addressOf(),
    path: '/platform',
    labels,
    ...(secret !== undefined && { bearer: secret }),
  }
}

const outside = { version, clock: { now: () => Date.now() }, over: new AbortController().signal }

function look(): Promise<readonly Found[]> {
  return prometheus.check({ ...outside, prometheus: `${server.url}/` })
}

async function until(what: string, holds: (found: readonly Found[]) => boolean): Promise<readonly Found[]> {
  let found: readonly Found[] = []
  await eventually(what, async () => holds((found = await look())), 30)
  return found
}

describe('the doctor of Prometheus', () => {
  it('names all that is missing: rules, series, the bearer, the watchdog and whom to tell', async () => {
    const found = await until('the target was scraped', (all) => foundOf(all, 'targets').state === 'failed')
    expect(found.map(({ subject, state }) => `${subject} ${state}`)).toEqual([
      'rules failed',
      'second path warning',
      'series failed',
      'targets failed',
      'watchdog failed',
      'alertmanagers failed',
    ])
    expect(foundOf(found, 'targets').message).toMatch(
      /one target of 1 is down: .*401 Unauthorized: Prometheus shows no bearer/,
    )
    expect(foundOf(found, 'targets').fix?.[0]).toContain('authorization: { credentials: {')
    for (const { fix = [] } of found.filter(({ state }) => state !== 'ok')) expect(fix).not.toEqual([])
  })

  it('finds nothing to fix once the shipped rules are loaded and all is scraped', async () => {
    const exporter = { job: 'gate', address: addressOf(), labels: { service: 'caracal-gate' } }
    await server.configure({
      targets: [target(bearer), exporter],
      ruleFiles: shipped,
      alertmanagers: [toNobody.address],
    })
    const found = await until('all is well', (all) => all.every(({ state }) => state === 'ok'))
    expect(foundOf(found, 'watchdog').message).toContain('CaracalGateExporterWatchdog fires')
    expect(foundOf(found, 'targets').message).toContain('2 targets')
  })

  it('names a rule that cannot be evaluated with the words of Prometheus', async () => {
    const file = join(folder, 'broken.yaml')
    const rule = { alert: 'CaracalGateExporterBlind', expr: 'up * on() up' }
    await writeFile(file, stringify({ groups: [{ name: 'broken', rules: [rule] }] }))
    await server.configure({ ruleFiles: [...shipped, file] })
    const found = await until('it is broken', (all) => all.some(({ subject }) => subject === 'evaluation'))
    expect(foundOf(found, 'evaluation').message).toContain("CaracalGateExporterBlind can't be evaluated: ")
    await server.configure({ ruleFiles: shipped.slice(1) })
    expect(foundOf(await look(), 'rules').state).toBe('failed')
    await server.configure({ ruleFiles: shipped })
  })

  it('says that there is no Prometheus', async () => {
    const refused = await prometheus.check({ ...outside, prometheus: 'http://127.0.0.1:9/' })
    expect(refused).toMatchObject([{ subject: 'answer', state: 'failed' }])
    const other = await prometheus.check({ ...outside, prometheus: `http://${addressOf()}/` })
    expect(other[0]?.message).toContain('not as a Prometheus does')
  })
})

describe('the doctor of Alertmanager', () => {
  async function untilRouted(url: string, state: Found['state'], words: string): Promise<Found> {
    let found: readonly Found[] = []
    await eventually(`it is ${state}`, async () => {
      found = await alertmanager.check({ ...outside, alertmanagers: [`${url}/`] })
      return found[0]?.state === state && found[0].message.includes(words)
    })
    return foundOf(found, 'watchdog')
  }

  it('says that the watchdog reaches nobody, and its route fixes it', async () => {
    const one = await untilRouted(toNobody.url, 'failed', 'which notifies of nothing')
    const { routes } = parse((one.fix?.[0] ?? '').replace(/<[^>]+>/, 'outside')) as { routes: object[] }
    const outsideReceiver = { name: 'outside', webhook_configs: [{ url: `${receiver.url}/outside` }] }
    toSomebody = await startAlertmanager(
      stringify({ route: { receiver: 'null', routes }, receivers: [{ name: 'null' }, outsideReceiver] }),
    )
    const nothing = await untilRouted(toSomebody.url, 'failed', 'has not arrived')
    expect(nothing.fix?.[0]).toContain('alertmanagers:')
    await server.configure({ alertmanagers: [toSomebody.address] })
    const routed = await untilRouted(toSomebody.url, 'ok', 'is routed to outside')
    expect(routed.message).toContain('which notifies')
  })

  it('warns where it is silenced', async () => {
    const silence = {
      matchers: [{ name: 'alertname', value: 'CaracalGateExporterWatchdog', isRegex: false, isEqual: true }],
      startsAt: new Date(Date.now() - 1_000).toISOString(),
      endsAt: new Date(Date.now() + 600_000).toISOString(),
      createdBy: 'a test',
      comment: 'to see what happens',
    }
    const answer = await fetch(`${toSomebody.url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(silence),
    })
    expect(answer.status).toBe(200)
    await untilRouted(toSomebody.url, 'warning', 'silenced')
  })

  it('says that there is no Alertmanager', async () => {
    const found = await alertmanager.check({ ...outside, alertmanagers: ['http://127.0.0.1:9/'] })
    expect(found).toMatchObject([{ subject: 'answer', state: 'failed' }])
    expect(found[0]?.message).toContain('refused the connection')
  })
})
