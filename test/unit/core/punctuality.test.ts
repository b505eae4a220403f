import { describe, expect, it } from 'vitest'
import type { UnknownReason } from '../../../src/core/observation.ts'
import { isOurs, isStarved, starvation, STARVED } from '../../../src/core/punctuality.ts'
import type { Snapshot } from '../../../src/core/snapshot.ts'
import { aBatch, aTarget, failed, play, saw, type Moment } from '../../support/timeline.ts'
import { aStop, smallRules, stopStates, verdicts } from './small-rules.ts'

const one = aTarget('one')
const other = aTarget('other')

function look(at: number, reason: UnknownReason | number, ...more: readonly (UnknownReason | number)[]) {
  const targets = [one, other].slice(0, 1 + more.length)
  const looks = [reason, ...more].map((seen, n) => {
    const target = targets[n] ?? one
    return typeof seen === 'number'
      ? saw(target, at, [{ signal: 'small_depth', labels: {}, value: seen }])
      : failed(target, at, seen)
  })
  return aBatch('small', at, looks, targets)
}

/** Looks at these seconds, with what they saw. */
function looks(...script: readonly (readonly [number, ...(UnknownReason | number)[]])[]): readonly Moment[] {
  return script.map(([seconds, first = 'timeout', ...more]) => ({
    at: seconds * 1_000,
    batches: [look(seconds * 1_000, first, ...more)],
  }))
}

function starved(snapshot: Snapshot): Snapshot {
  return { ...snapshot, impediments: new Map([[STARVED, 'the exporter itself is starved']]) }
}

function fed(snapshot: Snapshot): Snapshot {
  return { ...snapshot, impediments: new Map() }
}

const cannotProve = smallRules({ stops: [aStop({ kind: 'cannot-prove', hold: 20_000 })] })
const level = smallRules({ stops: [aStop({ kind: 'level', hold: 20_000 })] })

describe('a look that was late because of the exporter', () => {
  it('R120 X11: is unknown, and no breach of what cannot be proven, however long it lasts', () => {
    const played = play(cannotProve, looks([0, 1], [10, 'late'], [20, 'late'], [30, 'late'], [90, 'late']))
    expect(stopStates(played)).toEqual(['clear', 'unknown', 'unknown', 'unknown', 'unknown'])
    expect(verdicts(played)).toEqual(['proceed', 'hold', 'hold', 'hold', 'hold'])
  })

  it('R120 X11: is told from a target that hangs, which fires as before', () => {
    const played = play(cannotProve, looks([0, 1], [10, 'timeout'], [20, 'timeout'], [30, 'timeout']))
    expect(stopStates(played)).toEqual(['clear', 'pending', 'pending', 'firing'])
  })

  it('R121 X11: adds nothing to a breach that stood before it, and lets it not be forgotten', () => {
    const played = play(
      cannotProve,
      looks(
        [0, 1],
        [10, 'timeout'],
        [15, 'late'],
        [25, 'late'],
        [45, 'late'],
        [46, 'timeout'],
        [61, 'timeout'],
      ),
    )
    // Seen from 10 s on, of which the 35 s between the looks at 10 s and at 45 s do not count.
    expect(stopStates(played).slice(5)).toEqual(['pending', 'pending'])
    const later = play(cannotProve, looks([65, 'timeout']), played.at(-1))
    expect(stopStates(later)).toEqual(['firing'])
  })

  it('R121 X11: adds nothing to a breach that was seen, also of a subject that is hidden behind another', () => {
    const played = play(
      level,
      looks([0, 0, 0], [1, 20, 0], [11, 'late', 0], [31, 'late', 0], [32, 20, 0], [50, 20, 0], [52, 20, 0]),
    )
    expect(stopStates(played)).toEqual([
      'clear',
      'pending',
      'unknown',
      'unknown',
      'pending',
      'pending',
      'firing',
    ])
  })

  it('R121 X11: ends no stop that fires', () => {
    const played = play(level, looks([0, 20], [20, 20], [21, 'late'], [80, 'late']))
    expect(stopStates(played)).toEqual(['pending', 'firing', 'firing', 'firing'])
    expect(verdicts(played).at(-1)).toBe('stop')
  })

  it('R120 X11: has one root cause for all targets, which names none of them', () => {
    const last = play(cannotProve, looks([0, 1, 1], [10, 'late', 'late'])).at(-1)
    expect(last?.verdict.blocking.filter(({ rootCause }) => rootCause)).toHaveLength(1)
  })
})

describe('a starved exporter', () => {
  const well = play(cannotProve, looks([0, 1])).at(-1)

  it.each(['timeout', 'unreachable', 'stale', 'never_measured', 'late'] as const)(
    'R121 R122 X11: lets no stop fire by looks that say %s, and holds for its own reason',
    (reason) => {
      const moments = looks([10, reason], [30, reason], [50, reason], [90, reason])
      const played = play(
        cannotProve,
        moments.map((moment) => ({ ...moment, command: starved })),
        well,
      )
      expect(stopStates(played)).not.toContain('firing')
      const { verdict, summary, blocking } = played.at(-1)?.verdict ?? { blocking: [] }
      expect([verdict, summary?.startsWith('Hold: the exporter itself is starved')]).toEqual(['hold', true])
      expect(blocking.filter(({ rootCause }) => rootCause).map(({ ref }) => ref)).toEqual([
        'evaluator/starved',
      ])
    },
  )

  it('R121 X11: goes on with a hold when it is fed again', () => {
    const hungry = play(
      cannotProve,
      looks([1, 'timeout'], [50, 'timeout']).map((moment) => ({ ...moment, command: starved })),
      well,
    )
    const again = looks([51, 'timeout'], [69, 'timeout'], [72, 'timeout'])
    expect(
      stopStates(
        play(
          cannotProve,
          again.map((moment) => ({ ...moment, command: fed })),
          hungry.at(-1),
        ),
      ),
    ).toEqual(['pending', 'pending', 'firing'])
  })

  it('R122 X11: does not proceed, also when all that it saw was well', () => {
    const played = play(
      cannotProve,
      looks([1, 1]).map((moment) => ({ ...moment, command: starved })),
      well,
    )
    expect(verdicts(played)).toEqual(['hold'])
  })

  it('R122 X11: stops for what was seen to be wrong, and for what fires already', () => {
    const firing = play(level, looks([0, 20], [20, 20])).at(-1)
    const played = play(
      level,
      looks([21, 20], [22, 'late']).map((moment) => ({ ...moment, command: starved })),
      firing,
    )
    expect(verdicts(played)).toEqual(['stop', 'stop'])
  })
})

describe('the measure of being late', () => {
  it.each([
    [10_000, 2_500, 0, true],
    [10_000, 2_400, 0, false],
    [0, 0, 0, false],
    [40, 40, 40, false],
    [100, 60, 0, true],
    [10_000, 0, 5_000, true],
    [10_000, 0, 4_900, false],
  ])(
    'R120: of %i ms, %i ms lost and %i ms waited for a CPU excuse a failure: %s',
    (span, lost, waited, is) => {
      expect(isOurs(span, lost, waited)).toBe(is)
    },
  )

  it('R122: begins at a quarter of the time and ends below 15 %', () => {
    const measured = (lost: number) => ({ lost, longest: lost })
    expect([2_400, 2_500].map((lost) => isStarved(measured(lost), false))).toEqual([false, true])
    expect([1_400, 1_500].map((lost) => isStarved(measured(lost), true))).toEqual([false, true])
  })

  it('R122: says what took the time, with its numbers and what to do', () => {
    const stood = { lost: 8_300, longest: 2_100 }
    expect(starvation({ ...stood, waited: 8_300, ran: 500 })).toBe(
      'the exporter itself is starved: it stood still for 83 % of the last 10 s, for 2 s at a time, and waited for a CPU 83 % of the time: give it more CPU (a higher request and limit)',
    )
    expect(starvation({ ...stood, waited: 100, ran: 8_000 })).toContain('busy with its own work')
    expect(starvation({ ...stood, waited: 100, ran: 100 })).toContain('stopped from outside')
    expect(starvation(stood)).toContain('stopped from outside')
  })
})
