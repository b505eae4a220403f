import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { selfFamilies, signalFamilies, verdictFamilies } from '../../src/publish/families.ts'
import { chartFolder, renderChart, theOne } from '../support/chart.ts'

const run = promisify(execFile)
const file = join(chartFolder, 'files/alerts.yaml')

interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}

let folder: string
let alerts: Alerts

beforeAll(async () => {
  alerts = parse(await readFile(file, 'utf8')) as Alerts
  folder = await mkdtemp(join(tmpdir(), 'gate-alerts-'))
  await copyFile(file, join(folder, 'alerts.yaml'))
  await copyFile(resolve(import.meta.dirname, '../fixtures/alerts.test.yaml'), join(folder, 'test.yaml'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the alerts of the chart', () => {
  it('come when they should, and stay away when they should not (promtool)', async () => {
    const { stdout } = await run('promtool', ['test', 'rules', join(folder, 'test.yaml')])
    expect(stdout).toContain('SUCCESS')
    const tested = await readFile(join(folder, 'test.yaml'), 'utf8')
    const names = alerts.groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))
    expect(names.filter((name) => !tested.includes(`alertname: ${name}\n`))).toEqual([])
  })

  it('ask for metrics and labels that the exporter has', () => {
    const families = [
      ...Object.values(verdictFamilies),
      ...Object.values(selfFamilies),
      ...signalFamilies.values(),
    ]
    const known = new Set(families.map(({ name }) => name))
    const asked = alerts.groups.flatMap(({ rules }) =>
      rules.flatMap(({ expr }) => expr.match(/caracal_\w+/g) ?? []),
    )
    expect(asked.filter((name) => !known.has(name))).toEqual([])
  })

  it('are what the PrometheusRule holds, with the groups that somebody adds', async () => {
    const own = { name: 'own', rules: [{ alert: 'Own', expr: 'vector(1)' }] }
    const chart = await renderChart({ prometheusRule: { enabled: true, extraGroups: [own] } })
    expect(theOne(chart, 'PrometheusRule')['spec']).toEqual({ groups: [...alerts.groups, own] })
  })
})
