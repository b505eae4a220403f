import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { append } from '../../../src/rollout/ledger.ts'
import { nothingRemembered, type Memory, type PastRollout } from '../../../src/rollout/memory.ts'
import { merge } from '../../../src/rollout/merge.ts'
import { courseAfter, proofOf, unitedCourse, type Course, type Turn } from '../../../src/rollout/proof.ts'
import { doneRollout, playedDaemon } from '../../support/exported-rollout.ts'
import { smallRules } from '../core/small-rules.ts'

const rules = smallRules()
const rollout = { id: 'r1', phase: 'rolling', startedAt: 5, detectedBy: 'declared' } as const

function turn(at: number, verdict: Turn['verdict']): Turn {
  return { at, verdict, because: `at ${at}`, refs: [] }
}

describe('R230: what is remembered for an export', () => {
  it('is each verdict of the rollout under way, and none before or after it', () => {
    const daemon = playedDaemon()
    daemon.seconds(4)
    expect(daemon.now().memory.course).toBeUndefined()
    daemon.begin('r1')
    daemon.arrive(1)
    daemon.seconds(2)
    expect(daemon.now().memory.course?.turns.map(({ verdict }) => verdict)).toEqual(['proceed', 'stop'])
    daemon.finish('r1', 'failed')
    expect(daemon.now().memory.course).toBeUndefined()
    expect(daemon.now().memory.history[0]?.proof?.course.turns).toHaveLength(2)
  })

  it('says that the first verdicts are missing where it was not there, or there were too many', () => {
    const before = { ...initialSnapshot(0, rules), rollout }
    const verdictOf = (n: number) => ({
      ...before,
      at: n,
      verdict: { ...before.verdict, verdict: n % 2 === 0 ? ('hold' as const) : ('proceed' as const) },
    })
    expect(courseAfter(undefined, before, verdictOf(1))?.cut).toBe(true)
    let course: Course | undefined = { turns: [], cut: false }
    for (let n = 0; n < 100; n++) course = courseAfter(course, before, verdictOf(n))
    expect(course).toMatchObject({ cut: false })
    course = courseAfter(course, before, verdictOf(100))
    expect(course).toMatchObject({ cut: true })
    expect(course?.turns).toHaveLength(100)
  })

  it('has each change once that two replicas saw', () => {
    const ours = { turns: [turn(1, 'hold'), turn(10, 'proceed'), turn(20, 'stop')], cut: false }
    const theirs = { turns: [turn(2, 'hold'), turn(9, 'proceed')], cut: true }
    const united = unitedCourse(ours, theirs)
    expect(united?.turns.map(({ at }) => at)).toEqual([1, 9, 20])
    expect(united).toEqual(unitedCourse(theirs, ours))
    expect(united?.cut).toBe(false)
  })

  it('is no evidence that waited for the rollout before it began, as a line of the ledger', () => {
    const line = { kind: 'evidence', subject: 'helm-render', message: 'pass', rollout: 'r1' } as const
    const ledger = append(
      [],
      [
        { at: 1, ...line },
        { at: 2, kind: 'started', subject: 'daemon', message: 'the daemon started' },
        { at: 5, kind: 'rollout-begun', subject: 'r1', message: 'why', rollout: 'r1' },
        { at: 6, kind: 'configuration', subject: 'sha256:00', message: 'reloaded' },
        { at: 7, ...line },
      ],
    )
    const { between } = proofOf(rollout, initialSnapshot(8, rules), ledger, { turns: [], cut: false }, {})
    expect(between.map(({ kind }) => kind)).toEqual(['configuration'])
  })

  it('is still there when two replicas have merged, with the lines as they are chained now', () => {
    const { memory } = doneRollout('r1').now()
    const stranger: Memory = {
      ...nothingRemembered,
      ledger: append([], [{ at: 1, kind: 'started', subject: 'daemon', message: 'the daemon started' }]),
    }
    const merged = merge(nothingRemembered, memory, { ...memory, ledger: stranger.ledger })
    const [record] = merged.history as [PastRollout]
    expect(record.proof).toMatchObject({ course: memory.history[0]?.proof?.course })
    const hashes = new Set(merged.ledger.map(({ hash }) => hash))
    expect(record.ledger.every(({ hash }) => hashes.has(hash))).toBe(true)
  })
})
