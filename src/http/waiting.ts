import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Parameters } from '../contract/parameters.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Millis } from '../core/time.ts'
import { type Answer, viewOf } from './answers.ts'
import type { Board } from './context.ts'
import { sharesOf, spread } from './crowd.ts'
import type { Parts } from './handling.ts'
import { demandsKey } from './strict.ts'

/** How a wait ended: what was waited for came, the time is over, or the client or the server went. */
export type Ending = 'changed' | 'elapsed' | 'left'

export interface Wait {
  /** Asked of each new snapshot; it must be cheap. */
  readonly satisfied: (snapshot: Snapshot) => boolean
  /** Waits with the same text wait for the same, so that one of them is asked for all. */
  readonly alike?: string
  readonly span: Millis
  /** Address of the client, which may have half of the places. */
  readonly from?: string | undefined
  /** Aborted when the client has gone. */
  readonly left?: AbortSignal
}

export interface WaitingRoom {
  readonly count: number
  /** Undefined when the room is full, or the client has its share of it. Never rejects. */
  wait(request: Wait): Promise<Ending> | undefined
  /** Ends all waits, and those to come at once. */
  close(): void
}

/** Clients that may wait at once. */
const waiterLimit = 500

/**
 * Holds clients until the board posts what they wait for.
 * @param random gives a number in [0, 1): waits end up to a sixteenth later, so that clients do not return in step
 */
export function waitingRoom(board: Board, random: () => number, limit: number = waiterLimit): WaitingRoom {
  const waiters = new Set<Waiter>()
  const shares = sharesOf(limit)
  let open = true
  const unsubscribe = board.subscribe((snapshot) => {
    const asked = new Map<string, boolean>()
    // What one waited for was there, though it may have gone when his turn comes: he hears what is then.
    const satisfied = [...waiters].filter(({ wait }) => isSatisfied(wait, snapshot, asked))
    spread(satisfied, ({ end }) => end('changed'))
  })
  return {
    get count() {
      return waiters.size
    },
    wait(wait) {
      if (!open) return Promise.resolve('left')
      if (waiters.size >= limit || !shares.hasRoom(wait.from)) return undefined
      const giveBack = shares.take(wait.from)
      return new Promise((resolve) => {
        const timer = setTimeout(() => end('elapsed'), wait.span + (random() * wait.span) / 16)
        function end(ending: Ending): void {
          clearTimeout(timer)
          if (waiters.delete(waiter)) giveBack()
          wait.left?.removeEventListener('abort', leave)
          resolve(ending)
        }
        function leave(): void {
          end('left')
        }
        wait.left?.addEventListener('abort', leave)
        const waiter: Waiter = { wait, end }
        waiters.add(waiter)
        if (wait.left?.aborted === true) leave()
      })
    },
    close() {
      open = false
      unsubscribe()
      for (const { end } of waiters) end('left')
    },
  }
}

interface Waiter {
  readonly wait: Wait
  readonly end: (ending: Ending) => void
}

function isSatisfied(wait: Wait, snapshot: Snapshot, asked: Map<string, boolean>): boolean {
  const { alike } = wait
  if (alike === undefined) return wait.satisfied(snapshot)
  const known = asked.get(alike) ?? wait.satisfied(snapshot)
  asked.set(alike, known)
  return known
}

/** Whether the client has the answer with this tag already. */
export function seenTag(request: FastifyRequest, etag: string): boolean {
  const header = request.headers['if-none-match']
  if (header === undefined) return false
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
}

/**
 * Waits for what the request asks: a verdict in `until`, or an answer other than the one that the client has. Ends at
 * once when that is so already or the client does not say what it has. Undefined when too many wait.
 */
export function waitForChange(
  parts: Parts,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Parameters,
  answer: Answer,
): Promise<Ending> | undefined {
  const { demands, index, until, wait: span = 0 } = parameters
  const before = viewOf(answer, demands, parts.context.clock.now())
  const outdated = index !== undefined ? index !== answer.report.index : !seenTag(request, before.etag)
  const arrived = until === undefined ? outdated : until.includes(before.verdict)
  if (arrived) return Promise.resolve('changed')

  const plain = Object.keys(demands).length === 0
  function satisfied(snapshot: Snapshot): boolean {
    if (plain && until === undefined) return snapshot.revision !== answer.snapshot.revision
    if (plain) return until?.includes(snapshot.verdict.verdict) === true
    const view = viewOf(parts.book.of(snapshot), demands, parts.context.clock.now())
    return until === undefined ? view.etag !== before.etag : until.includes(view.verdict)
  }
  const alike = JSON.stringify([demandsKey(demands), until, before.etag])
  return parts.room.wait({
    satisfied,
    alike,
    span,
    from: request.socket.remoteAddress,
    left: goneSignal(reply),
  })
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}
