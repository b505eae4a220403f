// Pictures of the page in all its states, to be looked at: node scripts/screenshots.ts [folder]
// Those that begin with `page` are in docs/images.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import { setStage } from '../demo/stage.ts'
import { openViewer, startBrowser } from '../rig/browser.ts'
import { serveSnapshot, syntheticRelease } from '../test/support/synthetic-page.ts'

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '..', '.cache', 'screenshots'))
await mkdir(folder, { recursive: true })
const browser = await startBrowser()

const phone: BrowserContextOptions = { viewport: { width: 390, height: 780 } }
/** As the documentation shows it. */
const shown: BrowserContextOptions = { viewport: { width: 1080, height: 620 } }
const author = { actor: 'ann', reason: 'release 1.9.0 to production' }

async function shoot(url: string, name: string, options: BrowserContextOptions = {}, whole = true) {
  const viewer = await openViewer(browser, options)
  await viewer.page.goto(url)
  // Time for the plots; without script there are none.
  await viewer.page.waitForTimeout(options.javaScriptEnabled === false ? 200 : 1_500)
  await viewer.page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole })
  for (const complaint of viewer.complaints) process.stdout.write(`${name}: ${complaint}\n`)
  await viewer.close()
  process.stdout.write(`${name}\n`)
}

async function living(): Promise<void> {
  const stage = await setStage((line) => process.stdout.write(`${line}\n`))
  const { gates, platform, daemon } = stage
  const post = async (path: string, body: object) => {
    const { status, text } = await gates.post(path, { ...author, ...body })
    if (status > 201) throw new Error(`${path}: ${text}`)
  }
  try {
    await gates.until('proceed', ({ verdict }) => verdict === 'proceed', 60)
    await shoot(daemon.url, 'proceed-idle')
    // Without a revision, chart or images: nothing here shows that they arrived.
    await post('/rollouts', { id: 'release-1.9.0', phase: 'migrating' })
    await post('/rollouts', { id: 'release-1.9.0', phase: 'rolling' })
    await platform.faults.inject('replica-hung', 'gateway-1')
    await gates.until(
      'hold',
      ({ verdict, blocking }) => verdict === 'hold' && blocking[0]?.ref !== 'evaluator/starved',
      60,
    )
    await shoot(daemon.url, 'hold-unknown')
    await shoot(daemon.url, 'page-hold', shown, false)
    await shoot(daemon.url, 'hold-phone', phone, false)
    await platform.faults.clear('replica-hung')
    await gates.until('well', ({ verdict }) => verdict !== 'hold', 60)
    await platform.faults.inject('audit-dlq-growing')
    await platform.faults.inject('revocation-snapshot-stale')
    const stands = (id: string, state: string) =>
      gates.until(
        `${id} ${state}`,
        ({ stopConditions }) => stopConditions.some((stop) => stop.id === id && stop.state === state),
        60,
      )
    await stands('audit-dlq-growing', 'firing')
    await stands('revocation-snapshot-stale', 'firing')
    await shoot(daemon.url, 'stop')
    await shoot(daemon.url, 'page', shown, false)
    await shoot(daemon.url, 'stop-dark', { colorScheme: 'dark' })
    await shoot(daemon.url, 'stop-phone', { ...phone, colorScheme: 'dark' }, false)
    await shoot(daemon.url, 'stop-phone-whole', phone)
    await shoot(daemon.url, 'stop-no-script', { javaScriptEnabled: false })
    await shoot(daemon.url, 'stop-forced-colours', { forcedColors: 'active' })
    await platform.faults.clear('audit-dlq-growing')
    await platform.faults.clear('revocation-snapshot-stale')
    await stands('revocation-snapshot-stale', 'clear')
    // Over, but within its window: an acknowledgement ends it.
    await post('/acknowledgements', { stopCondition: 'audit-dlq-growing', reason: 'entries replayed' })
    await stands('audit-dlq-growing', 'clear')
    await shoot(daemon.url, 'latched')
    await shoot(daemon.url, 'page-latched', shown, false)
    const { stopConditions } = await gates.report()
    for (const { id } of stopConditions.filter(({ latch }) => latch?.acknowledged === null))
      await post('/acknowledgements', {
        stopCondition: id,
        reason: 'gateway-0 has reloaded; entries replayed',
      })
    await post('/rollouts', { id: 'release-1.9.0', phase: 'verifying' })
    await gates.until('proceed', ({ verdict }) => verdict === 'proceed', 60)
    await shoot(daemon.url, 'acknowledged')
    await shoot(daemon.url, 'page-proceed', shown, false)
    await shoot(daemon.url, 'proceed-phone', phone, false)
    const viewer = await openViewer(browser, shown)
    await viewer.page.goto(daemon.url)
    await viewer.page.emulateMedia({ media: 'print' })
    await viewer.page.waitForTimeout(500)
    await viewer.page.screenshot({ path: join(folder, 'paper.png'), fullPage: true })
    await viewer.page.pdf({ path: join(folder, 'paper.pdf') })
    await viewer.page.emulateMedia({ media: 'screen' })
    await daemon.stop()
    await viewer.page.getByRole('heading', { name: 'Cannot tell' }).waitFor()
    await viewer.page.waitForTimeout(3_000)
    await viewer.page.screenshot({ path: join(folder, 'page-cannot-tell.png') })
    await viewer.close()
  } finally {
    await stage.stop()
  }
}

async function synthetic(): Promise<void> {
  for (const [name, pods] of [
    ['many-replicas', 504],
    ['no-replicas', 0],
  ] as const) {
    const { snapshot, rules } = syntheticRelease(pods)
    const server = await serveSnapshot(snapshot, rules)
    await shoot(server.url, name)
    if (pods > 0) await shoot(server.url, `${name}-phone`, phone)
    await server.close()
  }
  const { snapshot, rules } = syntheticRelease(12)
  const expired = await serveSnapshot(snapshot, rules, { clock: { now: () => snapshot.at + 60_000 } })
  await shoot(expired.url, 'expired', {}, false)
  await expired.close()
  const starting = await serveSnapshot(undefined, rules)
  await shoot(starting.url, 'starting', {}, false)
  await starting.close()
}

try {
  await synthetic()
  await living()
} finally {
  await browser.close()
}
process.stdout.write(`${folder}\n`)
