import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openViewer, startBrowser, type Viewer } from '../../rig/browser.ts'
import { signalProcess } from '../../rig/processes.ts'
import { author, isFiring, proceeds, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

// The whole way to the eye: faults in the platform, the real daemon, and what chromium shows of it.

let ground: Ground
let gate: Gate
let browser: Browser
let viewer: Viewer
let page: Page

beforeAll(async () => {
  ground = await setGround()
  ground.configure(
    (configuration) => void (configuration['runbookBaseUrl'] = 'https://runbook.example/caracal'),
  )
  gate = await ground.start()
  browser = await startBrowser()
  viewer = await openViewer(browser)
  page = viewer.page
  await gate.until('proceed at first', proceeds, 60)
  await page.goto(gate.url)
}, 120_000)
afterAll(async () => {
  await browser.close()
  await ground.end()
})

const patience = 60
/** What the part of the page is drawn through that rests on the last judgement. */
const filterOfJudged = "getComputedStyle(document.querySelector('.judged')).filter"

/** Waits until this is read in an element, without the page being loaded anew. */
async function reads(selector: string, text: string | RegExp): Promise<void> {
  const holds = async () => {
    const seen = (await page.locator(selector).first().innerText()).replace(/\s+/g, ' ')
    return typeof text === 'string' ? seen.includes(text) : text.test(seen)
  }
  await eventually(`${selector} reads ${text}`, holds, patience).catch(async (fault: Error) => {
    throw new Error(`${fault.message}; it reads: ${await page.locator(selector).first().innerText()}`)
  })
}

async function accepted(path: string, body: object): Promise<void> {
  const { status, text } = await gate.post(path, { ...author, ...body })
  if (status > 201) throw new Error(`${path}: ${status} ${text}`)
}

describe('the page, while a rollout goes its way', { timeout: 180_000 }, () => {
  it('says proceed, and is told of what follows without being loaded again', async () => {
    await reads('h1', 'Proceed')
    await page.evaluate(() => Object.assign(globalThis, { loaded: 'once' }))
    await expect(page.title()).resolves.toMatch(/^PROCEED/)
  })

  it('shows the rollout with its phases', async () => {
    const images = { sts: 'example/sts:1.9.0' }
    await accepted('/rollouts', {
      id: 'release-6',
      revision: '7',
      chart: 'caracal-1.9.0',
      images,
    })
    await reads('.facts', 'revision 7, caracal-1.9.0')
    await reads('.facts', /sts as example\/sts:1.9.0/)
    // There is no cluster here, so that it would never proceed.
    await accepted('/rollouts', { id: 'release-7', phase: 'migrating', supersede: true })
    await reads('.facts', /release-7 migrating/)
    await accepted('/rollouts', { id: 'release-7', phase: 'rolling' })
    await reads('.facts', /release-7 rolling/)
    await reads('.phases [aria-current]', 'rolling')
    await reads('#timeline', 'migrating -> rolling')
  })

  it('lists its blind spots, where and why', async () => {
    await gate.until('proceed in the rollout', proceeds, patience)
    await ground.platform.faults.inject('replica-hung', 'sts-0')
    await reads('h1', 'Hold')
    await reads('#why', 'sts/sts-0')
    await reads('#blind-spots', /sts\/sts-0 by .*timeout/)
    await reads('#replicas', 'unknown sts-0')
    await ground.platform.faults.clear('replica-hung')
    await gate.until(
      'it is seen again',
      (report) => stopIn(report, 'sts-unready').state === 'clear',
      patience,
    )
  })

  it('keeps what a person opened, and where they are, when it changes', async () => {
    await page.locator('#gate-migration-safety > summary').click()
    await page.locator('#stop-policy-failure > summary').focus()
    await ground.platform.faults.inject('outbox-dead-messages')
    await reads('h1', 'Stop')
    await reads('.blocker', 'Dead outbox messages appeared')
    expect(await page.locator('#gate-migration-safety').getAttribute('open')).not.toBeNull()
    expect(await page.evaluate('document.activeElement.parentElement.id')).toBe('stop-policy-failure')
  })

  it('shows what fired, since when, against which limit, and what to do first', async () => {
    await gate.until('it fires', isFiring('outbox-dead-messages'), patience)
    await reads('.blocker', /firing Dead outbox messages appeared/)
    for (const words of ['Where', 'Since', 'Seen', 'Limit', 'Last attempt', 'psql '])
      await reads('.blocker', words)
    const link = await page.locator('.blocker a.runbook').first().getAttribute('href')
    expect(link).toBe('https://runbook.example/caracal/outbox-dead-messages')
    await reads('#announcement', /^Stop: Dead outbox messages/)
    await expect(page.title()).resolves.toMatch(/^STOP/)
    expect(await page.locator('#icon').getAttribute('href')).toContain('/stop-')
  })

  it('shows a stop that is over as latched, and who acknowledged it', async () => {
    await ground.platform.faults.clear('outbox-dead-messages')
    await gate.until(
      'it is over',
      (report) => stopIn(report, 'outbox-dead-messages').state === 'clear',
      patience,
    )
    await reads('h1', 'Stop')
    await reads('.blocker', 'latched Dead outbox messages appeared')
    await reads('.blocker', 'caracal-gate ack outbox-dead-messages')
    const form = page.locator('form[data-stop="outbox-dead-messages"]')
    await form.getByLabel('Why').fill('replayed by hand')
    await form.getByLabel('Token').fill(ground.token)
    await form.getByRole('button', { name: 'Acknowledge' }).click()
    // On a starved machine replicas are late, and what fires for that is latched too.
    await eventually('nothing is latched any more', async () => {
      const { stopConditions } = await gate.report()
      const open = stopConditions.filter(({ latch }) => latch !== null && latch.acknowledged === null)
      for (const { id } of open) await accepted('/acknowledgements', { stopCondition: id })
      return open.length === 0 && proceeds(await gate.report())
    })
    await reads('h1', 'Proceed')
    await reads('#stop-outbox-dead-messages', 'acknowledged')
    await reads('#timeline', /acknowledged outbox-dead-messages by [\w-]+: replayed by hand/)
  })

  it('draws what is judged by, and says its last value beside it', async () => {
    await page.locator('.plot canvas').first().waitFor({ timeout: 60_000 })
    await reads('.plot[data-ref$="revocation-snapshot-stale"]', /\d+ m?s at most 3 s/)
    await reads('.plot[data-ref$="postgres-pool-saturation"]', /\d+(\.\d)? % at most 90 %/)
  })

  it('did all that in one page, and nothing went wrong in it', async () => {
    expect(await page.evaluate(() => Reflect.get(globalThis, 'loaded'))).toBe('once')
    expect(viewer.complaints).toEqual([])
  })
})

describe('the page of a daemon', { timeout: 180_000 }, () => {
  it('that is stuck says that it cannot tell, and recovers with it', async () => {
    signalProcess(gate.pid, 'SIGSTOP')
    await reads('h1', 'Cannot tell')
    await expect(page.title()).resolves.toMatch(/^CANNOT TELL/)
    expect(await page.locator('.is-proceed').count()).toBe(0)
    signalProcess(gate.pid, 'SIGCONT')
    await reads('h1', /Proceed|Hold/)
    expect(await page.evaluate(() => Reflect.get(globalThis, 'loaded'))).toBe('once')
  })

  it('that is gone says so, greys its last known state, and recovers when one is back', async () => {
    const { port } = new URL(gate.url)
    await gate.kill()
    await reads('h1', 'Cannot tell')
    await reads('.sentence', 'The exporter does not answer')
    await reads('.since', /since \d\d:\d\d:\d\d UTC \(\d+ s ago\)/)
    await reads('#announcement', /^Cannot tell/)
    await reads('#why-title', 'The last known reasons')
    await expect(page.locator('.fine').first().isVisible()).resolves.toBe(false)
    await expect(page.title()).resolves.toMatch(/^CANNOT TELL/)
    expect(await page.locator('#icon').getAttribute('href')).toContain('/cannot-tell-')
    expect(await page.evaluate(filterOfJudged)).toBe('grayscale(1)')
    ground.configure((configuration) => void (configuration['http'] = { listen: `127.0.0.1:${port}` }))
    gate = await ground.start()
    await reads('h1', /Proceed|Hold/)
    await gate.until('proceed again', proceeds, patience)
    await reads('h1', 'Proceed')
    expect(await page.evaluate(filterOfJudged)).toBe('none')
    expect(await page.evaluate(() => Reflect.get(globalThis, 'loaded'))).toBe('once')
  })

  it('recovers at once in a browser that slept', async () => {
    await page.context().setOffline(true)
    await reads('h1', 'Cannot tell')
    await page.context().setOffline(false)
    await reads('h1', 'Proceed')
  })

  it("listens only while somebody looks, so that many tabs do not take each other's connections", async () => {
    const streams = () => gate.metric('caracal_gate_exporter_http_event_streams')
    const turn = (state: string) =>
      page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))`)
    await eventually('it listens', async () => (await streams()) === 1, patience)
    await turn('hidden')
    await eventually('it does not listen', async () => (await streams()) === 0, patience)
    await accepted('/rollouts', { id: 'release-7', phase: 'verifying' })
    await reads('.facts', /release-7 verifying/)
    await turn('visible')
    await eventually('it listens again', async () => (await streams()) === 1, patience)
  })
})
