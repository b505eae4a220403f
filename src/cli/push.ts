import { ask, type Endpoint, type NoReply, type Reply } from './http.ts'
import type { Surroundings } from './process.ts'
import { printable } from './text.ts'

/** What is said to `POST /evidence/{check}`. */
export interface Evidence {
  readonly outcome: 'pass' | 'fail'
  readonly message: string
  readonly digest?: string
  readonly rollout?: string
  readonly issuedAt: string
  readonly validForSeconds: number
  readonly actor: string
  readonly reason: string
}

/** What became of it. */
export type Pushed =
  | { readonly kind: 'accepted'; readonly answer: unknown }
  /** The message says what would be right. */
  | { readonly kind: 'refused' | 'undelivered'; readonly message: string }
  | { readonly kind: 'interrupted' }

/** Milliseconds for one request: it is answered when the state is safely kept. */
const patience = 15_000
/** Milliseconds before each new attempt: half a minute in all, in which an exporter is up again. */
const pauses = [500, 1_000, 2_000, 4_000, 8_000, 15_000]

/**
 * Pushes evidence for a check. Tried again when the exporter could not be reached or could not keep it: the same
 * evidence twice is the same. Never rejects.
 */
export async function push(
  endpoint: Endpoint,
  check: string,
  evidence: Evidence,
  surroundings: Pick<Surroundings, 'sleep'>,
  signal: AbortSignal,
): Promise<Pushed> {
  const path = `evidence/${encodeURIComponent(check)}`
  const body = JSON.stringify(evidence)
  for (let attempt = 0; ; attempt++) {
    const reply = await ask(endpoint, { path, body, within: patience, signal })
    if (signal.aborted) return { kind: 'interrupted' }
    const pause = pauses[attempt]
    if (!isPassing(reply) || pause === undefined) return read(reply)
    await surroundings.sleep(Math.max(pause, retryAfter(reply)), signal)
    if (signal.aborted) return { kind: 'interrupted' }
  }
}

/** Whether it may be otherwise in a moment. */
function isPassing(reply: Reply | NoReply): boolean {
  if ('status' in reply) return reply.status === 429 || reply.status >= 500
  return reply.reason === 'unreachable' || reply.reason === 'timeout'
}

function retryAfter(reply: Reply | NoReply): number {
  const seconds = 'status' in reply ? Number(reply.headers['retry-after']) : 0
  return seconds > 0 ? Math.min(seconds, 30) * 1_000 : 0
}

function read(reply: Reply | NoReply): Pushed {
  if (!('status' in reply)) return { kind: 'undelivered', message: reply.message }
  const { status, body } = reply
  const answer = parsed(body)
  if ((status === 200 || status === 201) && answer !== undefined) return { kind: 'accepted', answer }
  const said = problemIn(answer)
  const told = said === '' ? `the server answered ${status}; is --url the exporter's address?` : said
  switch (status) {
    case 401:
    case 403:
      return {
        kind: 'refused',
        message: `${told} (${status}); give a token of scope evidence with --token-file`,
      }
    case 400:
    case 404:
    case 409:
      return { kind: 'refused', message: said === '' ? told : `${told} (${status})` }
    default:
      return { kind: 'undelivered', message: said === '' ? told : `${told} (${status})` }
  }
}

function parsed(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    // A proxy's page; the status says enough.
    return undefined
  }
}

/** Title and detail of a problem as RFC 9457 has it, with what would be allowed; empty when it is none. */
function problemIn(answer: object | undefined): string {
  const { title, detail, allowed } = { title: '', detail: '', allowed: [], ...answer } as Record<
    string,
    unknown
  >
  const texts = [title, detail].filter((text) => typeof text === 'string' && text !== '')
  const names = Array.isArray(allowed) ? allowed.filter((name) => typeof name === 'string') : []
  return printable([...texts, ...(names.length > 0 ? [`allowed: ${names.join(', ')}`] : [])].join(': '), 600)
}
