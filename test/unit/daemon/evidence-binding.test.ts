import { describe, expect, it } from 'vitest'
import { admitted, aRollout, isoAt, mine, now, other, push, refusedFor, type Situation } from './pushing.ts'

describe('the rollout of evidence', () => {
  const current = aRollout('caracal/47')

  it('may be named before it begins, and by evidence that is older than it', () => {
    expect(refusedFor({ rollout: 'caracal/47' })).toBe('new')
    expect(refusedFor({ rollout: 'caracal/47', issuedAt: isoAt(-1_200) }, { rollout: current })).toBe('new')
  })

  const ended = aRollout('caracal/46', { phase: 'done', startedAt: now - 900_000, finishedAt: now })

  it('R58: must not have ended', () => {
    expect(push({ rollout: 'caracal/46' }, { rollout: ended })).toMatchObject({
      code: 'rollout-ended',
      detail: 'caracal/46 ended as done',
    })
    expect(refusedFor({ rollout: 'caracal/46' }, { past: [ended] })).toBe('this rollout has ended')
    expect(refusedFor({ rollout: 'caracal/46' }, { past: [ended], rollout: current })).toBe(
      'this rollout has ended',
    )
  })

  it('R71: may have ended when it is the last, and what is found of it now is that it is bad', () => {
    const late = { rollout: 'caracal/46', outcome: 'fail' } as const
    expect(admitted(late, { rollout: ended }).target.labels['life']).toBe(`${ended.startedAt}`)
    expect(refusedFor(late, { past: [ended], rollout: current })).toBe('this rollout has ended')
  })

  it('X61: R70: may have ended when the release has the manifest that it is about', () => {
    const restarted = aRollout('caracal-w3', { phase: 'rolling' })
    const situation = { past: [ended], rollout: restarted, release: { revision: 5, digest: mine } }
    expect(refusedFor({ rollout: 'caracal/46', digest: mine }, situation)).toBe('new')
    expect(refusedFor({ rollout: 'caracal/46', digest: other }, situation)).toBe('this rollout has ended')
    expect(refusedFor({ rollout: 'caracal/46' }, situation)).toBe('this rollout has ended')
  })

  it('X83: is the next one, for what names none and comes between two, so it must be newer than the last', () => {
    expect(refusedFor({ issuedAt: isoAt(-1) }, { rollout: ended })).toBe(
      'the evidence is older than the rollout',
    )
    expect(admitted({}, { rollout: ended }).target.labels['rollout']).toBeUndefined()
  })

  it('R58: must be named by evidence that was issued before it', () => {
    expect(refusedFor({ issuedAt: isoAt(-601) }, { rollout: current })).toBe(
      'the evidence is older than the rollout',
    )
    expect(refusedFor({ issuedAt: isoAt(-600) }, { rollout: current })).toBe('new')
    expect(refusedFor({ issuedAt: isoAt(-601) })).toBe('new')
  })

  it('does not unsettle what was admitted before it began', () => {
    const held = admitted({ issuedAt: isoAt(-601) })
    expect(refusedFor({ issuedAt: isoAt(-601) }, { rollout: current, held })).toBe('known')
  })
})

describe('the manifest of evidence', () => {
  const rollout = aRollout('caracal/47', { phase: 'rolling' })
  const applied = { rollout, revisionAtBegin: 4, release: { revision: 5, digest: mine } }

  it('R58: must be the one that Helm has applied in this rollout', () => {
    expect(refusedFor({ digest: mine }, applied)).toBe('new')
    const admission = push({ digest: other }, applied)
    expect(admission).toMatchObject({
      kind: 'refused',
      code: 'other-manifest',
      detail: `it is about ${other}, and revision 5 of the release has ${mine}; render what was applied`,
    })
  })

  it.each<[string, Situation]>([
    ['Helm has applied nothing in this rollout', { ...applied, revisionAtBegin: 5 }],
    ['the revision at the beginning is not known', { rollout, release: applied.release }],
    ['the cluster can not be seen', { ...applied, release: false }],
    ['nobody looks at the release', { rollout, revisionAtBegin: 4 }],
    ['no rollout is under way', { revisionAtBegin: 4, release: applied.release }],
  ])('is not compared while %s', (_, situation) => {
    expect(refusedFor({ digest: other }, situation)).toBe('new')
  })

  it('is not asked of evidence that names no digest', () => {
    expect(refusedFor({}, applied)).toBe('new')
  })
})
