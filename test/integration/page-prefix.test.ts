import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type Server } from '../../src/http/server.ts'
import { cleanUp, runHere } from '../support/cli-process.ts'
import { openedPages } from '../support/opened-pages.ts'
import { prefixProxy } from '../support/prefix-proxy.ts'
import { finding, handMadeRules, newBoard, newContext, play } from '../unit/http/context.ts'

// The daemon under a path that only a reverse proxy knows of, in a real chromium.

const prefix = '/ops/gate'
const hold = handMadeRules(new Map([['ready-sts', finding('unmet')]]))
const stop = handMadeRules(new Map([['audit-dlq-growing', finding('unmet')]]))
const board = newBoard(play(hold, 60))
const pages = openedPages()
let daemon: Server

beforeAll(async () => {
  daemon = await startServer(newContext(board, hold), { listen: { host: '127.0.0.1', port: 0 } })
  await pages.start()
})
afterEach(async () => {
  await pages.closeAll()
  await cleanUp()
  board.post(play(hold, 60))
})
afterAll(async () => {
  await pages.end()
  await daemon.close()
})

describe('X40: the page under a prefix that a proxy takes away', () => {
  it.each(['/', '', '?from=a%20link#gates'])(
    'has its styles and scripts, goes on by itself and draws, from %j on',
    async (end) => {
      const proxy = await prefixProxy(daemon.url, prefix)
      const { page } = await pages.view()
      const asked: string[] = []
      page.on('response', (response) => {
        if (page.url().includes(`${prefix}/`))
          asked.push(`${response.status()} ${new URL(response.url()).pathname}`)
      })
      await page.goto(proxy.url + prefix + end)
      await page.waitForURL(`${proxy.url}${prefix}/${end.replace(/^\//, '')}`)
      expect(await page.locator('h1').innerText()).toBe('Hold')
      expect(await page.evaluate("getComputedStyle(document.querySelector('.copy')).display")).toBe('block')
      board.post(play(stop, 70))
      await page.locator('h1', { hasText: 'Stop' }).waitFor({ timeout: 30_000 })
      for (const path of ['/events', '/trends'])
        while (!asked.some((one) => one.endsWith(prefix + path))) await setTimeout(20)
      expect(asked.filter((one) => !/^(200|304) \/ops\/gate\//.test(one))).toEqual([])
    },
  )

  it('leads to what the daemon has below it', async () => {
    const proxy = await prefixProxy(daemon.url, prefix)
    const { page } = await pages.view()
    await page.goto(`${proxy.url}${prefix}/`)
    const links = await page.evaluate<readonly string[]>(
      "[...document.querySelectorAll('a')].map(({ href }) => href).filter((href) => href.startsWith(location.origin))",
    )
    expect(links.length).toBeGreaterThan(10)
    for (const link of new Set(links.map((href) => href.replace(/#.*/, ''))))
      expect([link, (await fetch(link)).status]).toEqual([link, 200])
  })
})

describe('X40: X44: the runbook under a prefix', () => {
  it('is styled without a script, and leads from page to page and back to the verdict', async () => {
    const proxy = await prefixProxy(daemon.url, prefix)
    const { page, complaints } = await pages.view({ javaScriptEnabled: false })
    await page.goto(`${proxy.url}${prefix}/runbook`)
    expect(page.url()).toBe(`${proxy.url}${prefix}/runbook/`)
    await page.locator('a', { hasText: 'audit-dlq-growing' }).first().click()
    expect(await page.locator('h1').innerText()).toBe('Dead letters arrive')
    expect(await page.locator('pre').first().innerText()).toContain('NAMESPACE=')
    await page.locator('a', { hasText: 'Verdict' }).click()
    expect(page.url()).toBe(`${proxy.url}${prefix}/`)
    expect(complaints).toEqual([])
  })
})

describe('X40: beside the page', () => {
  it.each(['', '/'])('the command line asks under the prefix, written with %j at its end', async (end) => {
    const proxy = await prefixProxy(daemon.url, prefix)
    const { code, stdout } = await runHere(['status', '--url', proxy.url + prefix + end])
    expect([code, stdout]).toEqual([3, expect.stringContaining('HOLD')])
  })

  it('a proxy that keeps the prefix gets a problem that says so, and never a verdict', async () => {
    const proxy = await prefixProxy(daemon.url, prefix, 'keep')
    for (const path of ['/', '/gates', '/gates/proceed', '/gates/stop']) {
      const answer = await fetch(proxy.url + prefix + path)
      expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('No such path')])
    }
  })
})
