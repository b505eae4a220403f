import { Client } from 'undici'
import type { GateReport } from '../src/contract/document.ts'
import { token } from './configuration.ts'
import { now } from './statistics.ts'

export type Accept = (report: GateReport) => boolean

/** The daemon as a pipeline sees it. */
export type Gates = {
  /** The document as it is now, asked for. */
  report(): Promise<GateReport>
  /**
   * Time at which the first document arrived that `accept` accepts, among those that long polls on an open connection
   * brought; 0 when the newest is such a one already.
   * @throws after `within` milliseconds
   */
  until(what: string, accept: Accept, within: number): Promise<number>
  /** @throws when it is refused */
  post(path: string, body: object): Promise<void>
  text(path: string): Promise<string>
  close(): Promise<void>
}

export function gatesAt(url: string): Gates {
  const asking = new Client(url)
  const watching = watch(url)
  const writers = new Map<string, Client>()
  let writes = 0

  async function text(path: string): Promise<string> {
    const { body } = await asking.request({ method: 'GET', path })
    return body.text()
  }

  /** Writes are rationed by the address of the client, and a benchmark acknowledges more than any person. */
  function writer(): Client {
    writes += 1
    const localAddress = `127.0.0.${1 + Math.floor(writes / 50)}`
    const known = writers.get(localAddress) ?? new Client(url, { connect: { localAddress } })
    writers.set(localAddress, known)
    return known
  }

  return {
    report: async () => JSON.parse(await text('/gates')) as GateReport,
    until: watching.until,
    text,
    post: async (path, body) => {
      const { statusCode, body: answer } = await writer().request({
        method: 'POST',
        path,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ actor: 'bench', reason: 'measuring', ...body }),
      })
      const said = await answer.text()
      if (statusCode >= 300) throw new Error(`${path} answered ${statusCode}: ${said}`)
    },
    close: async () => {
      for (const client of [asking, ...writers.values()]) await client.destroy()
      await watching.stop()
    },
  }
}

type Waiter = {
  readonly accept: Accept
  readonly found: (at: number) => void
  readonly lost: (fault: Error) => void
}

function watch(url: string) {
  const client = new Client(url, { headersTimeout: 60_000, bodyTimeout: 60_000 })
  const waiters = new Set<Waiter>()
  let newest: GateReport | undefined
  let stopped = false

  async function follow(): Promise<void> {
    while (!stopped) {
      const query = newest === undefined ? '' : `?wait=25s&index=${encodeURIComponent(newest.index)}`
      const { body } = await client.request({ method: 'GET', path: `/gates${query}` })
      const text = await body.text()
      const at = now()
      const report = JSON.parse(text) as GateReport
      newest = report
      for (const waiter of waiters) if (waiter.accept(report)) waiter.found(at)
    }
  }
  let broken: Error | undefined
  const following = follow().catch((fault: unknown) => {
    broken = new Error('the long poll broke', { cause: fault })
    if (!stopped) for (const { lost } of waiters) lost(broken)
  })

  async function until(what: string, accept: Accept, within: number): Promise<number> {
    if (newest !== undefined && accept(newest)) return 0
    if (broken !== undefined) throw broken
    let waiter: Waiter | undefined
    let late: NodeJS.Timeout | undefined
    try {
      return await new Promise<number>((found, lost) => {
        waiter = { accept, found, lost }
        waiters.add(waiter)
        const said = () => newest?.summary ?? 'nothing'
        late = setTimeout(
          () => lost(new Error(`not within ${within} ms: ${what}; it says: ${said()}`)),
          within,
        )
      })
    } finally {
      clearTimeout(late)
      if (waiter !== undefined) waiters.delete(waiter)
    }
  }

  return {
    until,
    stop: async () => {
      stopped = true
      await client.destroy()
      await following
    },
  }
}
