import {
  answerBounds,
  type RedisCommand,
  type RedisConnection,
  type RedisReply,
} from '../connections/redis.ts'
import type { Unavailable } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { notUnderstood } from './redis.ts'
import { idOf } from './redis-stream-info.ts'
import { reasonsOf, type Reasons } from './declaration.ts'

/** Something about a group that `XINFO` does not tell and a bounded range read does. */
export interface Question {
  /** `undelivered`: entries behind `id`. `trimmed`: pending entries before `id`. */
  readonly kind: 'undelivered' | 'trimmed'
  readonly stream: string
  readonly group: string
  readonly id: string
  /** As long as this is the same, an earlier answer stands, but for what `added` has grown by. */
  readonly basis: string
  readonly added: number
}

export type Count =
  | {
      readonly ok: true
      readonly entries: number
      /** There may be more than were counted. */
      readonly atLeast: boolean
      /** All are counted, or so many that more would change nothing. */
      readonly conclusive: boolean
    }
  | { readonly ok: false; readonly unavailable: Unavailable }

/** By questionKey(). */
export type Counts = ReadonlyMap<string, Count>

export interface Counter {
  /**
   * @param now by the clock of Redis
   * @returns an answer to every question, by its key
   */
  count(questions: readonly Question[], now: Millis): Promise<Counts>
}

interface Kept {
  readonly count: Count
  readonly basis: string
  readonly added: number
}

// Entries come with their payload, so most questions must be settled by few of them.
const FIRST_COUNT = 101
const ASKED_AT_ONCE = 8
const COUNTED_FURTHER = 2
// Two further round trips at most in this span keep ten looks in a second below fifteen round trips.
const REST: Millis = 500

// A quarter of what one answer may hold, since two are asked at once and entries differ: larger ones are not counted on.
const MOST_TEXT = answerBounds.bytes / 4

export const countReasons = {
  redis_not_counted: ['too many groups need counting at once', '# wait for the next attempts'],
} as const satisfies Reasons

const notCounted: Count = {
  ok: false,
  unavailable: reasonsOf(countReasons)(
    'ambiguous',
    'redis_not_counted',
    'too many groups need counting at once: wait for the next attempts',
  ),
}

/**
 * Counts entries, few questions at a time, and keeps the answers for as long as they stand.
 * @param upTo where counting stops; a count that reaches it is `atLeast`
 */
export function openCounter(redis: RedisConnection, upTo: number): Counter {
  let kept: ReadonlyMap<string, Kept> = new Map()
  let askedAt = Number.NEGATIVE_INFINITY

  async function ask(
    questions: readonly Question[],
    most: number,
  ): Promise<readonly (readonly [Question, Count, RedisReply | undefined])[]> {
    if (questions.length === 0) return []
    const replies = await redis.run(questions.map((question) => commandOf(question, most)))
    return questions.map((question, at) => [question, countOf(replies[at], most, upTo), replies[at]] as const)
  }

  async function askInTurn(questions: readonly Question[]): Promise<ReadonlyMap<Question, Count>> {
    const first = Math.min(FIRST_COUNT, upTo)
    const begun = await ask(questions, first)
    const answers = new Map(begun.map(([question, count]) => [question, count]))
    const more = begun
      .filter(([, count, reply]) => goesOn(count) && (textIn(reply) / first) * upTo < MOST_TEXT)
      .map(([question]) => question)
      .slice(0, COUNTED_FURTHER)
    for (const [question, count] of await ask(more, upTo)) answers.set(question, count)
    return answers
  }

  return {
    async count(questions, now) {
      const rested = !(now >= askedAt && now - askedAt < REST)
      const due = questions.filter((question) => {
        const known = kept.get(questionKey(question))
        return known === undefined || (rested && !stands(known, question))
      })
      const asked = due.slice(0, ASKED_AT_ONCE)
      if (asked.length > 0) askedAt = now
      const answers = await askInTurn(asked)
      const next = new Map<string, Kept>()
      for (const question of questions) {
        const answer = answers.get(question)
        const { basis, added } = question
        const known = answer === undefined ? kept.get(questionKey(question)) : { count: answer, basis, added }
        if (known !== undefined) next.set(questionKey(question), known)
      }
      kept = next
      return new Map(
        questions.map((question) => [
          questionKey(question),
          grown(next.get(questionKey(question)), question),
        ]),
      )
    },
  }
}

/** Tells a question from all others of a look. */
export function questionKey({ kind, stream, group }: Pick<Question, 'kind' | 'stream' | 'group'>): string {
  return `${kind} ${stream} ${group}`
}

function commandOf({ kind, stream, group, id }: Question, most: number): RedisCommand {
  return kind === 'undelivered'
    ? ['XRANGE', stream, `(${id}`, '+', 'COUNT', String(most)]
    : ['XPENDING', stream, group, '-', `(${id}`, String(most)]
}

function countOf(reply: RedisReply | undefined, most: number, upTo: number): Count {
  if (reply?.ok === false) return reply
  if (reply === undefined || !isListOfEntries(reply.value) || reply.value.length > most)
    return { ok: false, unavailable: notUnderstood('something else than a list of entries') }
  const entries = reply.value.length
  return { ok: true, entries, atLeast: entries >= most, conclusive: entries < most || entries >= upTo }
}

/** Entries of a stream and pending ones alike begin with their id. */
function isListOfEntries(value: unknown): value is readonly (readonly unknown[])[] {
  return (
    Array.isArray(value) &&
    value.every((entry: unknown) => Array.isArray(entry) && idOf(entry[0]) !== undefined)
  )
}

/** Roughly the characters in a reply. */
function textIn(reply: RedisReply | undefined): number {
  return reply?.ok === true ? JSON.stringify(reply.value).length : 0
}

function goesOn(count: Count | undefined): boolean {
  return count?.ok === true && !count.conclusive
}

function stands({ count, basis }: Kept, question: Question): boolean {
  return count.ok && basis === question.basis && !goesOn(count)
}

/** An older answer, and what was added since: too high at most, where the group has read on. */
function grown(known: Kept | undefined, question: Question): Count {
  if (known === undefined) return notCounted
  const { count, added } = known
  if (!count.ok || question.kind === 'trimmed') return count
  return { ...count, entries: count.entries + Math.max(0, question.added - added) }
}
