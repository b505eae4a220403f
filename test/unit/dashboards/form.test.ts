import { describe, expect, it } from 'vitest'
import { dashboards } from '../../../dashboards/source/files.ts'
import { dashboardNames, readDashboard, type PanelFile } from '../../support/dashboards.ts'

const files = dashboardNames.map((name) => ({ name, dashboard: readDashboard(name) }))
const panels = files.flatMap(({ name, dashboard }) =>
  dashboard.panels.filter(({ type }) => type !== 'row').map((panel) => ({ name, title: panel.title, panel })),
)

/** Alerts and links carry them. */
const addresses = ['caracal-rollout', 'caracal-fleet']

describe('the dashboards', () => {
  it('are those that are generated, at addresses that never change', () => {
    expect(Object.keys(dashboards())).toEqual([...dashboardNames])
    expect(files.map(({ dashboard }) => dashboard.uid)).toEqual(addresses)
  })

  it('tell the story of a rollout from top to bottom', () => {
    const rows = files[0]?.dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)
    expect(rows).toEqual([
      'May I continue?',
      'Why not?',
      'What happened?',
      'Roll progress',
      'Events',
      'Saturation',
      'Can I trust the monitor?',
    ])
  })

  it.each(files)('$name has no id twice, and no panel over another', ({ dashboard }) => {
    const ids = dashboard.panels.map(({ id }) => id)
    expect(ids.filter((id) => !Number.isSafeInteger(id))).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
    const taken = new Map<string, string>()
    for (const { title, gridPos } of dashboard.panels)
      for (const cell of cellsOf(gridPos)) {
        expect(`${title} over ${taken.get(cell)}`).toBe(`${title} over undefined`)
        taken.set(cell, title)
      }
    expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x < 0 || x + w > 24)).toEqual([])
  })

  it.each(files)('$name leaves no hole to the left of a panel', ({ dashboard }) => {
    const taken = new Set(dashboard.panels.flatMap(({ gridPos }) => cellsOf(gridPos)))
    const holes = dashboard.panels.filter(({ gridPos: { x, y } }) => x > 0 && !taken.has(`${x - 1},${y}`))
    expect(holes.map(({ title }) => title)).toEqual([])
  })

  it.each(files)('$name asks the data source that was chosen', ({ dashboard }) => {
    const asked = [
      ...dashboard.panels.flatMap(({ type, datasource, targets = [] }) =>
        type === 'row' ? [] : [datasource?.uid, ...targets.map((target) => target.datasource?.uid)],
      ),
      ...(dashboard.annotations.list ?? []).map(({ datasource }) => datasource?.uid),
      ...dashboard.templating.list
        .filter(({ type }) => type === 'query')
        .map(({ datasource }) => datasource?.uid),
    ]
    expect(new Set(asked)).toEqual(new Set(['${datasource}']))
  })

  it.each(files)(
    '$name leads to dashboards that are there, and to addresses that are set',
    ({ dashboard }) => {
      const urls = [...JSON.stringify(dashboard).matchAll(/"url":"([^"]+)"/g)].map(([, url = '']) => url)
      expect(urls.length).toBeGreaterThan(0)
      for (const url of urls) {
        const [, uid] = /^\/d\/([\w-]+)\?/.exec(url) ?? []
        if (uid === undefined) expect(url).toMatch(/^\$\{(page|runbook)_url:raw\}\//)
        else expect(addresses).toContain(uid)
      }
    },
  )

  it('carry what was chosen in the overview to the dashboard of the release', () => {
    const [rollout, fleet] = files.map(({ dashboard }) => dashboard)
    const [, query = ''] = /"url":"\/d\/caracal-rollout\?([^"]+)"/.exec(JSON.stringify(fleet)) ?? []
    const carried = [...query.matchAll(/var-(\w+)=/g)].map(([, name]) => name)
    expect(carried).toEqual(['datasource', 'cluster', 'release_namespace', 'release_name'])
    expect(rollout?.templating.list.map(({ name }) => name)).toEqual(expect.arrayContaining(carried))
  })
})

function cellsOf({ x, y, w, h }: PanelFile['gridPos']): readonly string[] {
  return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`)
}

describe('every panel', () => {
  it.each(panels)('$name: $title says what it shows, what good is and what nothing means', ({ panel }) => {
    const { description = '', fieldConfig } = panel
    expect(description.length).toBeGreaterThan(40)
    expect(description).toMatch(/\.$/)
    expect(fieldConfig?.defaults.unit ?? '').not.toBe('')
    expect(fieldConfig?.defaults.noValue ?? '').not.toBe('')
  })

  it.each(panels)('$name: $title asks for now where it shows now', ({ panel }) => {
    const overTime = ['timeseries', 'state-timeline'].includes(panel.type)
    for (const target of panel.targets ?? []) expect(target.instant === true).toBe(!overTime)
  })

  it.each(panels.filter(({ panel }) => panel.type === 'table'))(
    '$name: $title joins its queries without two columns of one name',
    ({ panel }) => {
      // Columns of one name would be numbered, and no setting would find them.
      const labels = (panel.targets ?? []).map(({ expr }) => groupsOf(expr))
      const [join] = panel.transformations ?? []
      const key = String(join?.options['byField'])
      for (const own of labels) expect(own).toContain(key)
      const others = labels.flat().filter((label) => label !== key)
      expect(others).toEqual([...new Set(others)])
    },
  )

  it.each(panels)('$name: $title maps every colour to a word', ({ panel }) => {
    for (const mapping of panel.fieldConfig?.defaults.mappings ?? [])
      for (const result of Object.values(mapping.options))
        if (typeof result === 'object') expect(result.text).toBeTruthy()
  })
})

/** The labels that the outermost aggregation of an expression keeps, and those that are made after it. */
function groupsOf(expr: string): readonly string[] {
  const [, labels = ''] = /^\(*(?:label_\w+\()*\(*(?:max|min|sum|count) by \(([^)]+)\)/.exec(expr) ?? []
  const made = expr.startsWith('label_join(') ? ['release'] : []
  return [...labels.split(', '), ...made]
}
