import { problemType } from '../contract/wire.ts'
import { ask, type Endpoint, type NoReply, type Reply } from './http.ts'
import { didYouMean } from './options.ts'
import { objectIn, problemOf, strangerOf, type Problem } from './origin.ts'
import type { Surroundings } from './process.ts'
import { printable } from './text.ts'

/** Something that the exporter is to record. Saying it twice must be the same as saying it once. */
export interface Message {
  /** Relative to the endpoint. */
  readonly path: string
  readonly body: object
  /** Scope of the token that it takes. */
  readonly scope: 'evidence' | 'rollout' | 'acknowledge' | 'override'
  /** The id in it that may be misspelt. */
  readonly id?: string
  /** Whether an answer is one that only the exporter gives: anything may answer 200. */
  readonly isAnswer: (answer: Readonly<Record<string, unknown>>) => boolean
}

/** What became of it. */
export type Delivered =
  | { readonly kind: 'accepted'; readonly status: 200 | 201; readonly answer: Answer }
  /** The message says what would be right. */
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly message: string
      /** An earlier attempt was left without an answer, and may have been recorded. */
      readonly repeated: boolean
    }
  | { readonly kind: 'undelivered'; readonly message: string }
  | { readonly kind: 'interrupted' }

type Answer = Readonly<Record<string, unknown>>

/** Milliseconds for one request: it is answered when the state is safely kept. */
const patience = 15_000
/** Milliseconds before each new attempt: half a minute in all, in which an exporter is up again. */
const pauses = [500, 1_000, 2_000, 4_000, 8_000, 15_000]

/**
 * Posts a message, and again when the exporter could not be reached or could not keep it. Never rejects.
 */
export async function deliver(
  endpoint: Endpoint,
  message: Message,
  surroundings: Pick<Surroundings, 'sleep'>,
  signal: AbortSignal,
): Promise<Delivered> {
  const { path } = message
  const body = JSON.stringify(message.body)
  for (let attempt = 0; ; attempt++) {
    const reply = await ask(endpoint, { path, body, within: patience, signal })
    if (signal.aborted) return { kind: 'interrupted' }
    const pause = pauses[attempt]
    if (!isPassing(reply) || pause === undefined) return read(reply, message, attempt > 0)
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

function read(reply: Reply | NoReply, { isAnswer, scope, id }: Message, repeated: boolean): Delivered {
  if (!('status' in reply)) return { kind: 'undelivered', message: reply.message }
  const { status, body } = reply
  const answer = objectIn(body)
  if ((status === 200 || status === 201) && isAnswer(answer)) return { kind: 'accepted', status, answer }
  const problem = problemOf(reply)
  if (problem === undefined) return { kind: 'undelivered', message: strangerOf(reply).message }
  const told = `${wordsOf(problem, id)} (${status})`
  switch (status) {
    case 401:
    case 403:
      return {
        kind: 'refused',
        status,
        message: `${told}; give a token of scope ${scope} with --token-file`,
        repeated,
      }
    case 400:
    case 404:
    case 409:
      if (problem.type === problemType('no-such-path'))
        return { kind: 'undelivered', message: `the exporter knows no such path; is --url its address?` }
      return { kind: 'refused', status, message: told, repeated }
    default:
      return { kind: 'undelivered', message: told }
  }
}

/** Title and detail of a problem, with the id that was meant, or else with all that would be allowed. */
function wordsOf({ title, detail, allowed }: Problem, id = ''): string {
  const texts = [title, detail].filter((text) => text !== '')
  const hint = didYouMean(id, allowed)
  if (hint !== '') return printable(`${texts.join(': ')}${hint}`, 600)
  return printable(
    [...texts, ...(allowed.length > 0 ? [`allowed: ${allowed.join(', ')}`] : [])].join(': '),
    600,
  )
}
