import { describe, expect, it } from 'vitest'
import type { Observation } from '../../../src/core/observation.ts'
import { heldEvidence, pieceOf, targetOf, type Piece } from '../../../src/core/pushed.ts'
import type { Rollout } from '../../../src/core/rollout.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { begin, finish } from '../../../src/rollout/commands.ts'
import { mergeEvidence, ofItsTime, takeEvidence } from '../../../src/rollout/evidence.ts'
import { fromFirstForm } from '../../../src/rollout/first-form.ts'
import { append } from '../../../src/rollout/ledger.ts'
import { nothingRemembered, recall } from '../../../src/rollout/memory.ts'
import { saw } from '../../support/timeline.ts'
import { smallRules } from '../core/small-rules.ts'
import { author, ok } from './commanding.ts'

const rules = smallRules()
const empty = initialSnapshot(0, rules)
const digest = `sha256:${'ab'.repeat(32)}`

function piece(since: number, more: Partial<Piece> = {}): Observation {
  const target = targetOf({ check: 'render', outcome: 'pass', issued: since, since, ...more })
  return saw(target, since, [], [], 60_000)
}

function abouts(snapshot: Snapshot): readonly string[] {
  return aboutsOf(heldEvidence(snapshot))
}

function aboutsOf(pieces: readonly Observation[]): readonly string[] {
  return pieces
    .flatMap(({ target }) => pieceOf(target) ?? [])
    .map(({ outcome, rollout, life, since }) => `${outcome} ${rollout ?? 'none'}@${life ?? '-'} ${since}`)
}

function begun(snapshot: Snapshot, id: string, at: number): Snapshot {
  return ok(begin(snapshot, { ...author, id, supersede: true }, at))
}

function ended(snapshot: Snapshot, id: string, at: number): Snapshot {
  return ok(finish(snapshot, id, { outcome: 'failed' }, author, at))
}

describe('evidence about rollouts', () => {
  it('X61: R70: waits for the rollout that it names, beside what is about the one that is there', () => {
    let snapshot = begun(empty, 'r2', 10)
    snapshot = takeEvidence(snapshot, piece(20, { rollout: 'r2', life: 10 }))
    snapshot = takeEvidence(snapshot, piece(30, { rollout: 'r3' }))
    expect(abouts(snapshot)).toEqual(['pass r2@10 20', 'pass r3@- 30'])
    snapshot = begun(snapshot, 'r3', 40)
    expect(abouts(snapshot)).toEqual(['pass r2@10 20', 'pass r3@40 30'])
  })

  it('X83: R70: that names none is about one rollout, the next, and about no other after it', () => {
    const waiting = takeEvidence(empty, piece(5))
    const first = begun(waiting, 'a', 10)
    expect(abouts(first)).toEqual(['pass a@10 5'])
    const second = begun(ended(first, 'a', 20), 'b', 30)
    expect(abouts(second)).toEqual(['pass a@10 5'])
  })

  it('R70: about a manifest stays, whatever becomes of the rollout that it names', () => {
    const first = takeEvidence(begun(empty, 'a', 10), piece(20, { rollout: 'a', life: 10, digest }))
    expect(abouts(begun(first, 'b', 30))).toEqual(['pass a@10 20'])
  })

  it('R70: is kept sixteen times for each check: what is in force, what may come to be, then what is over', () => {
    let snapshot = begun(empty, 'old', 1)
    snapshot = takeEvidence(snapshot, piece(2, { rollout: 'old', life: 1 }))
    snapshot = begun(snapshot, 'now', 10)
    const digests = { rollout: 'old', life: 1, digest }
    snapshot = takeEvidence(snapshot, piece(12, { rollout: 'now', life: 10, digest }))
    snapshot = takeEvidence(snapshot, piece(13, { outcome: 'fail', ...digests }))
    for (let n = 0; n < 40; n += 1) snapshot = takeEvidence(snapshot, piece(100 + n, { rollout: `r${n}` }))
    const kept = abouts(snapshot)
    expect(kept).toHaveLength(16)
    expect(kept).toEqual(
      expect.arrayContaining(['pass now@10 12', 'fail old@1 13', 'pass r39@- 139', 'pass r26@- 126']),
    )
    expect(kept).not.toContain('pass old@1 2')
  })

  it('R70: that says fail, however often, leaves room for what comes after it', () => {
    let snapshot = empty
    for (let n = 0; n < 40; n += 1) {
      const about = { rollout: `r${n}`, life: n, digest: `sha256:${String(n).padStart(64, '0')}` }
      snapshot = takeEvidence(snapshot, piece(n, { outcome: 'fail', ...about }))
    }
    snapshot = takeEvidence(begun(snapshot, 'now', 100), piece(110, { rollout: 'now', life: 100 }))
    expect(abouts(snapshot)).toContain('pass now@100 110')
  })
})

describe('R224: evidence that names replicas', () => {
  it('is kept twice for each check, the newest first', () => {
    const reading = { signal: 'x', labels: {}, value: 1 }
    const long = (since: number): Observation => {
      const target = targetOf({
        check: 'canary',
        outcome: 'pass',
        issued: since,
        since,
        rollout: `r${since}`,
      })
      return saw(target, since, [reading, reading], [], 60_000)
    }
    const all = [3, 1, 4, 2].reduce((snapshot, since) => takeEvidence(snapshot, long(since)), empty)
    expect(abouts(takeEvidence(all, piece(9)))).toEqual(['pass r3@- 3', 'pass r4@- 4', 'pass none@- 9'])
  })
})

describe('evidence of two replicas', () => {
  const rollout: Rollout = { id: 'a', phase: 'rolling', startedAt: 100, detectedBy: 'helm-revision' }
  const rollouts = { rollout, begun: [{ id: 'a', startedAt: 100 }] }

  it('R70: is about one life of the rollout that both noticed, at slightly different instants', () => {
    const ours = [piece(110, { rollout: 'a', life: 100 })]
    const theirs = [piece(120, { rollout: 'a', life: 103 }), piece(50, { rollout: 'a', life: 7 })]
    for (const merged of [
      mergeEvidence(ours, theirs, rollouts, [100, 103]),
      mergeEvidence(theirs, ours, rollouts, [103, 100]),
    ])
      expect(aboutsOf(merged)).toEqual(['pass a@100 120', 'pass a@7 50'])
  })

  it('X83: R70: that named none at a replica which had not heard of the rollout is about that one alone', () => {
    expect(aboutsOf(mergeEvidence([], [piece(90)], rollouts, []))).toEqual(['pass a@100 90'])
    expect(aboutsOf(mergeEvidence([], [piece(110)], rollouts, []))).toEqual(['pass a@100 110'])
    const over = { ...rollouts, rollout: { ...rollout, phase: 'done' as const, finishedAt: 200 } }
    expect(aboutsOf(mergeEvidence([piece(210)], [piece(150)], over, []))).toEqual([
      'pass none@- 210',
      'pass a@100 150',
    ])
  })

  it('X85: R71: keeps what says fail beside a pass that has another time', () => {
    const fail = piece(10, { outcome: 'fail' })
    const early = piece(9_999_999)
    const none = { begun: [] }
    for (const merged of [mergeEvidence([fail], [early], none, []), mergeEvidence([early], [fail], none, [])])
      expect(aboutsOf(merged)).toEqual(['fail none@- 10', 'pass none@- 9999999'])
  })
})

describe('evidence from the future', () => {
  const hours = 3_600_000
  const held = [
    piece(2 * hours),
    piece(2 * hours, { outcome: 'fail', rollout: 'r' }),
    piece(59_000, { rollout: 'q' }),
  ]
  const rest = ['fail r@- 0', 'pass q@- 59000']

  it('X85: R72: is dropped when the daemon starts with the right clock, and what says fail is of now', () => {
    const memory = { ...nothingRemembered, evidence: held }
    expect(abouts(recall(empty, memory))).toEqual(rest)
    expect(heldEvidence(recall(empty, memory))[0]).toMatchObject({ at: 0, validFor: 60_000 })
  })

  it('X85: R72: is dropped when the clock is set right while the daemon runs', () => {
    const snapshot = held.reduce(takeEvidence, empty)
    expect(abouts(ofItsTime(snapshot, 0))).toEqual(rest)
    expect(ofItsTime(snapshot, 2 * hours)).toBe(snapshot)
  })
})

describe('a memory of version 0.1.0', () => {
  it('X83: keeps what says fail, drops what says pass, and knows which rollouts there were', () => {
    const rollout: Rollout = { id: 'b', phase: 'rolling', startedAt: 30, detectedBy: 'declared' }
    const reading = (value: number) => ({ signal: 'caracal_rollout_evidence_accepted', labels: {}, value })
    const old = (check: string, value: number, labels: object = {}): Observation =>
      saw({ id: check, labels: { check, ...labels } }, 40, [reading(value)], [], 60_000)
    const { begun: _, ...first } = nothingRemembered
    const past = { rollout: { ...rollout, id: 'a', startedAt: 10 }, stops: {}, ledger: [] }
    const line = { at: 5, kind: 'rollout-begun', subject: 'z', message: '' } as const
    const memory = fromFirstForm({
      ...first,
      rollout,
      ledger: append([], [line]),
      history: [past],
      evidence: [old('passing', 1), old('failing', 0), old('elsewhere', 0, { rollout: 'a', digest })],
    })
    expect(memory.begun.map(({ id }) => id)).toEqual(['z', 'a', 'b'])
    expect(memory.evidence.map(({ target }) => pieceOf(target))).toEqual([
      { check: 'failing', outcome: 'fail', issued: 40, since: 40, rollout: 'b', life: 30 },
      { check: 'elsewhere', outcome: 'fail', issued: 40, since: 40, rollout: 'a', digest },
    ])
  })
})
