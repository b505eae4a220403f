import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acknowledge, begin, finish, type Result } from '../../../src/rollout/commands.ts'
import type { Snapshot } from '../../../src/core/snapshot.ts'
import type { Memory } from '../../../src/rollout/memory.ts'
import type { Evaluated } from '../../../src/rollout/evaluation.ts'
import type { Replayed } from '../../../src/recording/replay.ts'
import { isSame } from '../../../src/core/same.ts'
import { momentsOf, scenes } from '../core/random-world.ts'
import { platformOptions } from '../rules/platform-world.ts'
import { linesOf, recordedJudgement, replayed } from './recorded.ts'

const options = platformOptions({ steady: 10_000, on: new Set() })
const author = { actor: 'tester', reason: 'random' }

/** What is done beside what a scene says. */
const twist = fc.record({
  correction: fc.constantFrom(0, 0, 0, 0, -40_000, 25, 90_000),
  unseen: fc.constantFrom(undefined, undefined, undefined, 'the API server does not answer'),
  end: fc.constantFrom(undefined, undefined, undefined, 'done' as const, 'failed' as const),
  /** Another replica wrote what was remembered so many rounds ago. */
  adopts: fc.constantFrom(undefined, undefined, undefined, 1, 3),
  steady: fc.constantFrom(undefined, undefined, undefined, 20_000),
  fraction: fc.double({ min: 0, max: 1, noNaN: true }),
})
const twists = fc.array(twist, { minLength: 1, maxLength: 5 })

function ofScene(kind: 'none' | 'begin' | 'acknowledge', end: 'done' | 'failed' | undefined) {
  return (snapshot: Snapshot, now: number): Result => {
    if (end !== undefined)
      return finish(snapshot, snapshot.rollout?.id ?? 'none', { outcome: end, force: true }, author, now)
    if (kind === 'begin') return begin(snapshot, { ...author, id: `r-${now}`, supersede: true }, now)
    const [id = ''] = [...snapshot.stops.values()].flatMap((stop) =>
      stop.state === 'firing' ? [stop.id] : [],
    )
    return acknowledge(snapshot, id, author, now)
  }
}

/** The first round that came to something else than it did. */
function firstOther(rounds: readonly Replayed[], lived: readonly Evaluated[]) {
  if (rounds.length !== lived.length) return rounds.length
  const place = rounds.findIndex(({ after }, n) => !isSame(after, lived[n]))
  return place < 0 ? undefined : [place, rounds[place]?.after, lived[place]]
}

describe('a recording', () => {
  it(
    'R190: judged once more by the same rules comes to the same, from its beginning and from any round of it',
    { timeout: 60_000 },
    () => {
      fc.assert(
        fc.property(scenes, twists, fc.nat(40), (trace, extras, cut) => {
          const daemon = recordedJudgement(options)
          const memories: Memory[] = []
          const lived = momentsOf(trace, undefined, 1_000_000).map(({ batches }, n) => {
            const { after = 0, command = 'none' as const } = trace[n] ?? {}
            const extra = extras[n % extras.length]
            daemon.pass(after + (extra?.fraction ?? 0))
            daemon.correct(extra?.correction ?? 0)
            daemon.see(extra?.unseen)
            const other = memories.at(-(extra?.adopts ?? Infinity))
            if (other !== undefined) daemon.held.adopt(other)
            if (extra?.steady !== undefined) daemon.use({ ...options, steady: extra.steady })
            const isCommand = command !== 'none' || extra?.end !== undefined
            const came = daemon.step(batches, isCommand ? ofScene(command, extra?.end) : undefined)
            memories.push(came.memory)
            return came
          })
          const whole = replayed(linesOf(daemon.happenings))
          expect(firstOther(whole, lived)).toBeUndefined()
          for (const { recorded, replayed: own } of whole) expect(own).toEqual(recorded)
          const first = cut % daemon.happenings.length
          const rest = replayed(linesOf(daemon.happenings, first))
          expect(firstOther(rest, lived.slice(lived.length - rest.length))).toBeUndefined()
        }),
        { numRuns: 25 },
      )
    },
  )
})
