import type { Browser, BrowserContextOptions } from 'playwright-core'
import { openViewer, startBrowser, type Viewer } from '../../rig/browser.ts'
import type { Rules, Snapshot } from '../../src/core/snapshot.ts'
import type { PublishContext } from '../../src/http/context.ts'
import type { Server } from '../../src/http/server.ts'
import { serveSnapshot } from './synthetic-page.ts'

/** What is shown: a snapshot, and the rules that it was judged by. */
export interface Shown {
  readonly snapshot: Snapshot
  readonly rules: Rules
}

export interface OpenedPage extends Viewer {
  readonly url: string
}

/** Pages of snapshots in a browser that all tests of a file share. */
export function openedPages() {
  const servers: Server[] = []
  const viewers: Viewer[] = []
  let browser: Browser | undefined

  async function view(options: BrowserContextOptions = {}): Promise<Viewer> {
    if (browser === undefined) throw new Error('the browser was not started')
    const viewer = await openViewer(browser, options)
    viewers.push(viewer)
    return viewer
  }

  return {
    view,
    async open(
      { snapshot, rules }: Shown,
      options: BrowserContextOptions = {},
      more: Partial<PublishContext> = {},
    ): Promise<OpenedPage> {
      const server = await serveSnapshot(snapshot, rules, more)
      servers.push(server)
      const viewer = await view(options)
      await viewer.page.goto(server.url)
      return { ...viewer, url: server.url }
    },
    async start(): Promise<void> {
      browser = await startBrowser()
    },
    async closeAll(): Promise<void> {
      await Promise.all(viewers.splice(0).map((viewer) => viewer.close()))
      await Promise.all(servers.splice(0).map((server) => server.close()))
    },
    async end(): Promise<void> {
      await browser?.close()
    },
  }
}
