import { setTimeout as delay } from 'node:timers/promises'
import { deadLetterArrivals, deadLetterEntries } from '../rules/signals.ts'
import {
  isPartial,
  type RedisCommand,
  type RedisConnection,
  type RedisLine,
  type RedisReply,
} from '../connections/redis.ts'
import type { Unavailable } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { openBucket, type Allowance } from './allowance.ts'
import type { Declaration } from './declaration.ts'
import { ProbeError, blindLook, joined, type Look, type Watch } from './probe.ts'
import { notUnderstood, redisTarget, sameWhileSame, streamInfoNeed, valueOf } from './redis.ts'
import { decodeTotals } from './redis-stream-info.ts'

/** How long a read waits for an arrival. A stream that was destroyed or can't be read is seen at its end. */
const BLOCK: Millis = 5 * SECOND

// A server that answers nothing at the end of the block hangs. Below 6 s together.
const GRACE: Millis = 700
const ANSWER_WITHIN: Millis = 650

/** A flood of arrivals, or a server that does not block, costs ten turns in a second in the end; no single arrival waits. */
const TURNS: Allowance = { burst: 20, perSecond: 10 }

/** Where a blocking read is not to be had: in a cluster, and where the ACL does not permit it. */
const POLL: Millis = 3 * SECOND

const FIRST_RETRY: Millis = 100
const LAST_RETRY: Millis = 2 * SECOND

const provides = [deadLetterEntries, deadLetterArrivals]
const about = { name: 'dead-letters', provides } as const

export const declaration: Declaration = {
  ...about,
  reads: 'arrivals in dead-letter streams, by a blocking read',
  asks: 'redis',
  needs: {
    commands: [
      streamInfoNeed((_, deadLetterStreams) => deadLetterStreams),
      {
        rule: '+xread',
        without: 'so a dead letter is seen up to 3 s late',
        blinds: false,
        tries: (_, deadLetterStreams) =>
          deadLetterStreams.map((name) => ['XREAD', 'COUNT', '1', 'STREAMS', name, '$']),
      },
    ],
  },
  open: ({ redis, deadLetterStreams }) => deadLetters(redis, deadLetterStreams),
}

/** What a turn saw, and where to wait for the next arrival. */
interface Turn {
  readonly look: Look
  /** By stream, the id of its newest entry. */
  readonly newest: ReadonlyMap<string, string>
}

/**
 * Learns of every arrival in a dead-letter stream by a blocking read on a connection of its own. The read only wakes it:
 * arrivals are counted by Redis itself, so none is missed or counted twice, whatever breaks in between. The questions for
 * the counts are sent together with the read, and Redis answers them as soon as it is over.
 */
export function deadLetters(redis: RedisConnection, streams: readonly string[]): Watch {
  return {
    ...about,
    targets: () => [redisTarget],
    validFor: 18 * SECOND,
    async follow(_, deliver, stop) {
      const line = redis.tail()
      const look = lookerAt(line, streams)
      const bucket = openBucket(TURNS)
      const hangUp = () => void line.close()
      stop.addEventListener('abort', hangUp)
      let failures = 0
      let newest: Turn['newest'] = new Map()
      while (!stop.aborted) {
        try {
          const { turn, refused } = await look(newest)
          if (isStopped(stop)) break
          deliver(turn.look)
          failures = 0
          newest = redis.blocks ? turn.newest : new Map()
          const waits = newest.size > 0 && !refused
          await pause(waits ? bucket.take(performance.now()) : POLL, stop)
        } catch (fault) {
          // Anything else than a reason is a fault of ours: it must not end the watch either.
          if (isStopped(stop)) break
          deliver(fault instanceof ProbeError ? fault : new ProbeError(notUnderstood(String(fault))))
          newest = new Map()
          await pause(Math.min(FIRST_RETRY * 2 ** failures, LAST_RETRY), stop)
          failures += 1
        }
      }
      stop.removeEventListener('abort', hangUp)
      await line.close()
    },
  }
}

/**
 * Gives what looks once: after an arrival behind the newest entries, or when the block is over; at once where none is
 * known. `refused`: the login may not wait.
 */
function lookerAt(line: RedisLine, streams: readonly string[]) {
  const questions: readonly RedisCommand[] = streams.map((name) => ['XINFO', 'STREAM', name])
  const turnOf = sameWhileSame((replies) => decoded(streams, replies))

  /** @throws ProbeError when Redis can't be asked; that it does not answer in time is not the same as no arrival */
  return async (newest: Turn['newest']): Promise<{ readonly turn: Turn; readonly refused: boolean }> => {
    if (newest.size === 0) return { turn: turnOf(await line.run(questions, ANSWER_WITHIN)), refused: false }
    // Entries come with their payload, which is dropped.
    const [read, ...replies] = await line.wait([readBehind(newest), ...questions], BLOCK + GRACE)
    const refused = read?.ok === false && isPartial(read.unavailable)
    if (!refused) valueOf(read)
    return { turn: turnOf(replies), refused }
  }
}

function readBehind(newest: Turn['newest']): RedisCommand {
  return ['XREAD', 'BLOCK', String(BLOCK), 'COUNT', '1', 'STREAMS', ...newest.keys(), ...newest.values()]
}

/** @throws ProbeError when the replies are none */
function decoded(streams: readonly string[], replies: readonly RedisReply[]): Turn {
  const newest = new Map<string, string>()
  const looks = streams.map((stream, at) => lookAtStream(stream, replies[at], newest))
  return { look: joined(looks), newest }
}

function lookAtStream(stream: string, reply: RedisReply | undefined, newest: Map<string, string>): Look {
  const labels = { stream }
  if (reply?.ok === false && isPartial(reply.unavailable)) {
    if (reply.unavailable.reason !== 'redis_no_such_key') return blindSpotsFor(stream, reply.unavailable)
    // It comes into being with its first entry, which any id is behind.
    newest.set(stream, '0-0')
    return { readings: [read(deadLetterEntries, labels, 0), read(deadLetterArrivals, labels, 0)] }
  }
  const totals = decodeTotals(valueOf(reply))
  if (totals?.entriesAdded === undefined) return blindSpotsFor(stream, notUnderstood('no count of arrivals'))
  newest.set(stream, totals.lastId)
  return {
    readings: [
      read(deadLetterEntries, labels, totals.length),
      read(deadLetterArrivals, labels, totals.entriesAdded),
    ],
  }
}

function blindSpotsFor(stream: string, unavailable: Unavailable): Look {
  return blindLook(provides, { stream }, { ...unavailable, message: `${stream}: ${unavailable.message}` })
}

async function pause(span: Millis, stop: AbortSignal): Promise<void> {
  if (span > 0) await delay(span, undefined, { signal: stop }).catch(() => {})
}

// A function, because a check of the property itself is taken to hold across an await.
function isStopped(stop: AbortSignal): boolean {
  return stop.aborted
}
