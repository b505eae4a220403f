import { existsSync } from 'node:fs'
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core'

/** Starts the system's chromium without a window: CHROMIUM_BIN, else /usr/bin/chromium. */
export function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium'
  if (!existsSync(executablePath))
    throw new Error(
      `no chromium at ${executablePath}; scripts/setup-debian.sh installs one, or set CHROMIUM_BIN`,
    )
  // It refuses its sandbox to root, and a container gives it a small /dev/shm.
  const args = ['--disable-dev-shm-usage', '--disable-gpu']
  return chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? [...args, '--no-sandbox'] : args,
  })
}

/** A page that a person looks at, and everything that went wrong in it. */
export interface Viewer {
  readonly context: BrowserContext
  readonly page: Page
  /** Errors in the console, violations of the policy and errors of scripts so far. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

/** Opens a page of its own, with its own cookies and cache. */
export async function openViewer(browser: Browser, options: BrowserContextOptions = {}): Promise<Viewer> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (fault) => complaints.push(String(fault)))
  return { context, page, complaints, close: () => context.close() }
}
