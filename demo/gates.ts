import { setTimeout as pause } from 'node:timers/promises'
import type { GateReport } from '../src/contract/document.ts'

/** The daemon as a pipeline sees it. */
export type Gates = {
  report(): Promise<GateReport>
  /** The first report that satisfies `accept`; throws with the last one's summary when none does in time. */
  until(what: string, accept: (report: GateReport) => boolean, withinSeconds: number): Promise<GateReport>
  post(path: string, body: object): Promise<{ readonly status: number; readonly text: string }>
}

/** How often the demo asks; well below the times that it measures. */
const POLL = 50

export function gatesAt(url: string, token: string): Gates {
  async function report(): Promise<GateReport> {
    const response = await fetch(`${url}/gates`, { signal: AbortSignal.timeout(5_000) })
    return (await response.json()) as GateReport
  }

  return {
    report,
    async until(what, accept, withinSeconds) {
      const deadline = performance.now() + withinSeconds * 1_000
      let last = await report()
      while (!accept(last)) {
        if (performance.now() > deadline)
          throw new Error(`not within ${withinSeconds} s: ${what}. Last: ${last.summary}`)
        await pause(POLL)
        last = await report()
      }
      return last
    },
    async post(path, body) {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      })
      return { status: response.status, text: await response.text() }
    },
  }
}
