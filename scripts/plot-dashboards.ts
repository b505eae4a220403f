// `node scripts/plot-dashboards.ts [folder] [seconds]`: plays a rollout with two faults on the real platform and draws
// every panel of the dashboards from what a real Prometheus saw of it. Grafana draws otherwise; whether a panel tells
// its story shows here. Seconds: how long each part of the rollout lasts, 12 when left out.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startBrowser } from '../rig/browser.ts'
import { playScene, type Scene } from '../test/support/dashboard-scene.ts'
import { openedAt, readDashboard, type DashboardFile } from '../test/support/dashboards.ts'
import { answersOf, type Span } from './plots/answers.ts'
import { pageHtml, panelHtml } from './plots/html.ts'

const [folder = 'dist/plots', seconds = '12'] = process.argv.slice(2)

async function drawn(dashboard: DashboardFile, { prometheus, release }: Scene, span: Span): Promise<string> {
  const opened = openedAt(release)
  const isFleet = dashboard.uid === 'caracal-fleet'
  const variables = {
    ...opened,
    ...(isFleet && { release_namespace: '.*' }),
    __range: `${Math.ceil(span.end - span.start)}s`,
  }
  const panels = await Promise.all(
    dashboard.panels.map(async (panel) =>
      panelHtml(panel, await answersOf(panel, prometheus, variables, span), span),
    ),
  )
  const lines = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h))
  return pageHtml(dashboard.title, panels, lines)
}

async function main(): Promise<void> {
  await mkdir(folder, { recursive: true })
  const scene = await playScene(Number(seconds))
  const browser = await startBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1_610, height: 900 } })
    const moments = { stopped: scene.stopped, finished: scene.finished, gone: scene.gone }
    for (const name of ['caracal-rollout', 'caracal-fleet'])
      for (const [moment, end] of Object.entries(moments)) {
        const span = { start: scene.start, end, step: 1 }
        await page.setContent(await drawn(readDashboard(`${name}.json`), scene, span))
        const path = resolve(join(folder, `${name}-${moment}.png`))
        await page.screenshot({ path, fullPage: true })
        process.stdout.write(`${path}\n`)
      }
  } finally {
    await browser.close()
    await scene.end()
  }
}

await main()
