import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InstantSample, RangeSeries } from '../../rig/prometheus-api.ts'
import { clustered, JOB, playScene, type Scene } from '../support/dashboard-scene.ts'
import {
  dashboardNames,
  labelValues,
  openedAt,
  queriesOf,
  readDashboard,
  type FoundQuery,
} from '../support/dashboards.ts'
import { interpolate, readExpression } from '../support/promql.ts'

const rollout = readDashboard('caracal-rollout.json')
const fleet = readDashboard('caracal-fleet.json')
const queries = dashboardNames.flatMap((name) => queriesOf(readDashboard(name)))

type Moment = 'calm' | 'stopped' | 'acknowledged' | 'finished' | 'clustered'

/** Queries that have nothing to show in a rollout that may go on, and when they have. */
const exceptions: readonly (readonly [RegExp, Moment])[] = [
  [/Checks that do not pass$/, 'stopped'],
  [/Stop conditions$/, 'stopped'],
  [/Failed probe attempts by reason$/, 'stopped'],
  [/^Stop fired$/, 'stopped'],
  [/^Stop acknowledged$/, 'acknowledged'],
  [/^Rollout ended$/, 'finished'],
  // What is there only on the exporter whose series are made by hand.
  [/(Workloads|Pods too early|Migration Jobs)$/, 'clustered'],
  [/Causes$/, 'clustered'],
]

function momentOf({ place }: FoundQuery): Moment {
  return exceptions.find(([pattern]) => pattern.test(place))?.[1] ?? 'calm'
}

let scene: Scene

beforeAll(async () => {
  scene = await playScene()
}, 300_000)

afterAll(async () => {
  await scene?.end()
})

function variablesOf(uid: string, release = scene.release): Record<string, string> {
  const opened = openedAt(release)
  return uid === fleet.uid ? { ...opened, release_namespace: '.*' } : opened
}

/** The values that the query gives at that moment, or the points of its last 20 seconds. */
async function ask(
  { dashboard, expr, instant }: FoundQuery,
  at: number,
  release = scene.release,
): Promise<readonly (InstantSample | RangeSeries)[]> {
  const promql = interpolate(expr, variablesOf(dashboard, release))
  if (instant) return scene.prometheus.query(promql, at)
  return scene.prometheus.queryRange(promql, { start: at - 20, end: at, step: 1 })
}

function panelQuery(title: string, dashboard = rollout): FoundQuery {
  const found = queriesOf(dashboard).find(({ place }) => place.endsWith(` A ${title}`))
  if (found === undefined) throw new Error(`no panel ${title}`)
  return found
}

async function valueOf(title: string, at: number, dashboard = rollout): Promise<number | undefined> {
  const samples = (await ask(panelQuery(title, dashboard), at)) as readonly InstantSample[]
  return samples[0]?.value
}

/** The last value of each line of a plot, by the values of its labels. */
async function lastOf(
  title: string,
  at: number,
  dashboard = rollout,
): Promise<Record<string, number | undefined>> {
  const lines = (await ask(panelQuery(title, dashboard), at)) as readonly RangeSeries[]
  return Object.fromEntries(
    lines.map(({ labels, points }) => [Object.values(labels).join(' '), points.at(-1)?.[1]]),
  )
}

// Debian's package of promtool has the server too.
describe('the dashboards on a real Prometheus', () => {
  it('have data for every query when there is something to see', async () => {
    const { calm, stopped, acknowledged, finished, gone } = scene
    const empty: string[] = []
    for (const query of queries) {
      const moment = momentOf(query)
      const at = { calm, stopped, acknowledged, finished, clustered: gone }[moment]
      const found = await ask(query, at, moment === 'clustered' ? clustered : scene.release)
      if (found.length === 0) empty.push(`${query.dashboard}: ${query.place} (${moment})`)
    }
    expect(empty).toEqual([])
  })

  it('read only metrics and labels that the daemon itself exposed', async () => {
    const known = new Map<string, Set<string>>()
    for (const { __name__: name = '', ...labels } of await scene.prometheus.series(
      `{job="${JOB}", cluster=""}`,
    )) {
      const own = known.get(name) ?? new Set()
      for (const label of Object.keys(labels)) own.add(label)
      known.set(name, own)
    }
    expect(known.size).toBeGreaterThan(60)
    const unknown = queries
      .filter((query) => momentOf(query) !== 'clustered')
      .flatMap(({ place, expr }) =>
        readExpression(interpolate(expr, openedAt(scene.release))).selectors.flatMap(
          ({ metric, matchedBy }) => {
            const labels = known.get(metric)
            if (labels === undefined) return [`${place}: ${metric}`]
            // There is none here, and the matcher must bear that.
            const missing = matchedBy.filter((label) => label !== 'cluster' && !labels.has(label))
            return missing.map((label) => `${place}: ${metric}{${label}}`)
          },
        ),
      )
    expect([...new Set(unknown)]).toEqual([])
  })

  it('offer what can be chosen', async () => {
    const offered: Record<string, readonly string[]> = {}
    for (const variable of rollout.templating.list) {
      const asked = labelValues(variable)
      if (asked === undefined) continue
      const selector = interpolate(asked.selector, openedAt(scene.release))
      const pattern = /^\/(.*)\/$/.exec(variable.regex ?? '')?.[1]
      const values = (await scene.prometheus.series(selector)).flatMap((labels) => labels[asked.label] ?? [])
      const shown =
        pattern === undefined ? values : values.flatMap((value) => new RegExp(pattern).exec(value)?.[1] ?? [])
      offered[variable.name] = [...new Set(shown)].toSorted()
    }
    expect(offered).toMatchObject({
      cluster: ['west'],
      release_namespace: ['caracal', 'elsewhere'],
      release_name: ['caracal'],
      component: ['api', 'audit', 'coordinator', 'gateway', 'sts'],
    })
    expect(offered['gate']).toEqual(scene.last.gates.map(({ id }) => id).toSorted())
    expect(offered['stop_condition']).toEqual(scene.last.stopConditions.map(({ id }) => id).toSorted())
  })

  it('say what the daemon says: proceed, then stop, then proceed', async () => {
    const { calm, stopped, finished } = scene
    expect(await valueOf('Verdict', calm)).toBe(1)
    expect(await valueOf('Verdict', stopped)).toBe(3)
    expect(await valueOf('Verdict', finished)).toBe(1)
    expect(await valueOf('Stops in force', calm)).toBe(0)
    expect(await valueOf('Stops in force', stopped)).toBeGreaterThanOrEqual(1)
    expect(await valueOf('Phase', stopped)).toBe(4)
    expect(await valueOf('Phase', finished)).toBe(6)
  })

  it('name what does not pass, and what fires', async () => {
    const rows = await ask(panelQuery('Checks that do not pass'), scene.stopped)
    expect(rows.map(({ labels }) => labels['check'])).toContain('dead-letters')
    expect(rows.map(({ labels }) => labels['check'])).not.toContain('migrations-applied')
    const stops = await ask(panelQuery('Stop conditions'), scene.stopped)
    expect(stops.map(({ labels }) => labels['stop_condition'])).toContain('audit-dlq-growing')
  })

  it('mark when the rollout began and ended, when it stopped and when that was acknowledged', async () => {
    const { last, fixed, acknowledged, finished } = scene
    const latch = fixed.stopConditions.find(({ id }) => id === 'audit-dlq-growing')?.latch
    const expected = {
      'Rollout began': last.rollout.startedAt,
      'Stop fired': latch?.at,
      'Stop acknowledged': latch?.acknowledged?.at,
      'Rollout ended': last.rollout.finishedAt,
    }
    for (const [place, at] of Object.entries(expected)) {
      const query = queries.find((one) => one.kind === 'annotation' && one.place === place)
      if (query === undefined) throw new Error(`no annotation ${place}`)
      const lines = (await ask(
        query,
        place === 'Rollout ended' ? finished : acknowledged,
      )) as readonly RangeSeries[]
      const moments = lines.flatMap(({ points }) => points.map(([, value]) => Math.round(value)))
      expect(moments, place).toContain(Date.parse(at ?? ''))
    }
  })

  it('find them by a coarse step, too', async () => {
    const query = queries.find(({ place }) => place === 'Stop acknowledged')
    const promql = interpolate(query?.expr ?? '', openedAt(scene.release))
    const { acknowledged } = scene
    const lines = await scene.prometheus.queryRange(promql, {
      start: acknowledged - 3_600,
      end: acknowledged,
      step: 600,
    })
    expect(lines.flatMap(({ points }) => points)).not.toEqual([])
  })

  it('call a verdict that has expired expired, whatever it was', async () => {
    expect(await ask(panelQuery('Verdict'), scene.gone, clustered)).toMatchObject([{ value: 0 }])
  })

  it('never show a verdict of a daemon that is gone', async () => {
    const { gone } = scene
    expect(await ask(panelQuery('Verdict'), gone)).toEqual([])
    expect(await ask(panelQuery('Exporters scraped'), gone)).toEqual([])
    const lines = [
      'Verdict over time',
      'Phase over time',
      'Gates',
      'Readiness of components',
      'Stop conditions over time',
      'Probe attempts',
    ]
    for (const title of lines) {
      const last = await lastOf(title, gone)
      expect(Object.keys(last).length, title).toBeGreaterThan(0)
      expect(new Set(Object.values(last)), title).toEqual(new Set([0]))
    }
  })

  it('count what is gone or stuck as not seen, and never as one that may proceed', async () => {
    const { calm, gone } = scene
    expect(await valueOf('Proceed', calm, fleet)).toBe(1)
    expect(await valueOf('Not seen', calm, fleet)).toBe(1)
    expect(await valueOf('Proceed', gone, fleet)).toBe(0)
    expect(await valueOf('Not seen', gone, fleet)).toBe(2)
    expect(await lastOf('Verdicts over time', gone, fleet)).toEqual({
      'caracal caracal': 0,
      'west clustered elsewhere': 0,
    })
    const rows = await ask(panelQuery('Releases now', fleet), calm)
    const names = rows.map(({ labels }) => labels['release'])
    expect(new Set(names)).toEqual(new Set(['All/caracal/caracal', 'west/elsewhere/clustered']))
  })
})
