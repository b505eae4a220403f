import { createHash } from 'node:crypto'
import type { TrendPoint, TrendSeries, Trends } from '../contract/document.ts'
import { isFaulty, longestWindow, readParameters } from '../contract/parameters.ts'
import { apiVersion } from '../contract/wire.ts'
import type { Rules } from '../core/snapshot.ts'
import { type Instant, MINUTE, type Millis, SECOND } from '../core/time.ts'
import type { PublishContext } from './context.ts'
import { clip, thresholdForm } from './forms.ts'
import { type Handler, type Parts, jsonType } from './handling.ts'
import { seenTag } from './waiting.ts'
import { type OperationId, parametersOf } from './operations.ts'
import { faulty, notEvaluated } from './problem.ts'
import { type Series, type TrendRecord, recordTrends } from './trend-record.ts'

/** Trends as they are sent. */
export interface TrendView {
  readonly body: Buffer
  readonly etag: string
}

export interface TrendBook {
  /** The values of the last `window`, up to the last interval that is over. */
  view(window: Millis): TrendView
  close(): void
}

/** Time between two points. */
const trendInterval: Millis = 5 * SECOND
/** Windows that are kept rendered; viewers of one page all ask for the same. */
const keptViews = 8

/** Records what is judged by and renders it, for each window at most once in an interval. */
export function trendBook(context: Pick<PublishContext, 'board' | 'clock' | 'report'>): TrendBook {
  const record = recordTrends(trendInterval, longestWindow / trendInterval)
  const rules = () => context.report().rules
  const unsubscribe = context.board.subscribe((snapshot) => record.add(snapshot))
  const first = context.board.current()
  if (first !== undefined) record.add(first)
  let made:
    { readonly last: number; readonly rules: Rules; readonly views: Map<number, TrendView> } | undefined

  return {
    view(window) {
      const inForce = rules()
      const last = slotOf(context.clock.now()) - 1
      if (made?.last !== last || made.rules !== inForce) made = { last, rules: inForce, views: new Map() }
      const count = Math.max(1, Math.ceil(window / trendInterval))
      const view = made.views.get(count) ?? render(trends(record, inForce, last, count))
      if (made.views.size < keptViews) made.views.set(count, view)
      return view
    },
    close: unsubscribe,
  }
}

function slotOf(at: Instant): number {
  return Math.floor(at / trendInterval)
}

function render(document: Trends): TrendView {
  const body = Buffer.from(`${JSON.stringify(document)}\n`)
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}

/** The last `count` slots up to `last`, of everything that the rules judge and that had a value. */
function trends(record: TrendRecord, rules: Rules, last: number, count: number): Trends {
  const first = Math.max(last - count + 1, record.since ?? last + 1)
  const slots = Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => first + place)
  const form = (ref: string, title: string) => (series: Series) => seriesForm(ref, title, series, slots)
  return {
    apiVersion,
    kind: 'Trends',
    intervalSeconds: trendInterval / 1_000,
    series: [
      ...rules.stops.flatMap(({ id, title }) =>
        record.of('stops', id).map(form(`stop-conditions/${id}`, title)),
      ),
      ...rules.gates.flatMap((gate) =>
        gate.checks.flatMap(({ id, condition }) =>
          record.of('checks', id).map(form(`gates/${gate.id}/checks/${id}`, condition.claims)),
        ),
      ),
    ],
  }
}

function seriesForm(
  ref: string,
  title: string,
  { unit, threshold, ring }: Series,
  slots: readonly number[],
): TrendSeries {
  const points = slots.map((slot): TrendPoint => {
    const value = ring.at(slot)
    const epochSeconds = (slot * trendInterval) / 1_000
    return [epochSeconds, value === undefined ? null : Math.round(value * 1_000) / 1_000 + 0]
  })
  return { ref, title: clip(title), unit, threshold: thresholdForm(threshold, unit), points }
}

/** When a request names none. */
const defaultWindow: Millis = 15 * MINUTE

/** The route that tells how the values went that the verdict rests on. */
export function trendHandlers({ book, trends }: Parts): Pick<Record<OperationId, Handler>, 'trends'> {
  return {
    trends(request, reply) {
      if (book.current() === undefined) return void notEvaluated(reply)
      const query = request.query as Readonly<Record<string, unknown>>
      const parameters = readParameters(query, parametersOf('trends'))
      if (isFaulty(parameters)) return void faulty(reply, parameters)
      const { body, etag } = trends.view(parameters.window ?? defaultWindow)
      reply.header('etag', etag).header('cache-control', 'no-cache')
      if (seenTag(request, etag)) return void reply.code(304).send()
      void reply.header('content-type', jsonType).send(body)
    },
  }
}
