import { listen } from '../cli-process.ts'
import type { Asking } from './outcome.ts'

export type Verdict = 'proceed' | 'hold' | 'stop'
const statuses: Readonly<Record<Verdict, number>> = { proceed: 200, hold: 412, stop: 409 }

/** An exporter of one verdict, as a client sees it that reads the envelope or the status. */
export async function verdictServer(verdict: Verdict, steadySeconds = 7): Promise<Asking> {
  const { url } = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
    const expiresAt = new Date(Date.now() + 3_000).toISOString()
    const body = JSON.stringify({ kind: 'Envelope', verdict, summary: 'as it is', expiresAt, steadySeconds })
    const rollback = verdict === 'stop' ? 200 : 412
    const hold = searchParams.get('hold') === '503' ? 503 : statuses.hold
    const proceed = verdict === 'hold' ? hold : statuses[verdict]
    const status = pathname === '/gates/stop' ? rollback : pathname === '/gates/proceed' ? proceed : 200
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  return { url, rollout: 'caracal/47', token: 'a-token', patience: 3 }
}
