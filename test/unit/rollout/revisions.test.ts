import { describe, expect, it } from 'vitest'
import { fates, REVISION_FATE } from '../../../src/core/rollout.ts'
import { merge } from '../../../src/rollout/merge.ts'
import { failing, pending, rolling, upgraded, waiting, watching } from './upgrade-worlds.ts'
import { calm, lasting, restarted, standing, started, watch, type World } from './upgrading.ts'
import type { Evaluated } from '../../../src/rollout/evaluation.ts'

const { failed, glimpsed, proven, watched } = fates

/** What is remembered of each revision. */
function fatesIn({ snapshot }: Pick<Evaluated, 'snapshot'>): Readonly<Record<string, number>> {
  const known = [...snapshot.baselines].filter(([key]) => key.startsWith(REVISION_FATE))
  return Object.fromEntries(known.map(([key, fate]) => [key.slice(REVISION_FATE.length), fate]))
}

function fatesAfter(worlds: readonly World[], from = watching()) {
  return fatesIn(watch(from, worlds).at(-1) ?? from)
}

describe('what became of a revision', () => {
  it('R84: is that it ran, once it was deployed with everything rolled out for five seconds', () => {
    expect(fatesIn(watching())).toEqual({ 5: proven })
    expect(fatesAfter([pending, rolling])).toEqual({ 5: proven, 6: watched })
    expect(fatesAfter([pending, rolling, upgraded])).toEqual({ 5: proven, 6: glimpsed })
    expect(fatesAfter([pending, rolling, ...lasting(upgraded, 2)])).toEqual({ 5: proven, 6: proven })
  })

  it('R84: is not that it ran by the pods of the one before it', () => {
    // Helm has written that it is deployed, and the watch of the workloads is a moment late.
    const early: World = { ...calm, release: [6, 'deployed'] }
    const stuck: World = { ...upgraded, workloads: { api: [101, waiting], sts: [201] } }
    expect(fatesAfter([early, ...lasting(stuck, 9)])).toEqual({ 5: proven, 6: glimpsed })
  })

  it('R84: X60: is that it failed, although its workloads are fine later, and over a restart', () => {
    const later: World = { ...upgraded, release: [6, 'failed'] }
    const after = watch(watching(), [pending, failing, ...lasting(later, 9)]).at(-1) ?? watching()
    expect(fatesIn(after)).toEqual({ 5: proven, 6: failed })
    expect(fatesIn(restarted(after))).toEqual({ 5: proven, 6: failed })
    // The rollback after it fails too, and Helm calls the sixth superseded.
    const back: World = { ...later, release: [7, 'failed'] }
    expect(fatesAfter([back], restarted(after))).toEqual({ 5: proven, 6: failed, 7: failed })
  })

  it('R84: X60: is the worst that two replicas of the daemon have seen', () => {
    const base = watching()
    const ours = watch(base, [{ ...upgraded, release: [6, 'failed'] }]).at(-1) ?? base
    const theirs = watch(base, lasting(upgraded, 3)).at(-1) ?? base
    for (const [one, other] of [
      [ours, theirs],
      [theirs, ours],
    ] as const)
      expect(merge(base.memory, one.memory, other.memory).baselines).toMatchObject({
        [`${REVISION_FATE}5`]: proven,
        [`${REVISION_FATE}6`]: failed,
      })
  })

  it('R84: is forgotten when a release of this name begins anew', () => {
    const anew: World = { ...calm, release: [1, 'pending-install'] }
    expect(fatesAfter([anew])).toEqual({ 1: watched })
  })

  it('R84: is remembered of thirty revisions', () => {
    const many = Array.from({ length: 40 }, (_, n): World => ({ ...calm, release: [6 + n, 'failed'] }))
    const known = Object.keys(fatesAfter(many)).map(Number)
    expect(known).toEqual(Array.from({ length: 30 }, (_, n) => 16 + n))
  })

  it('R84: is not told while the cluster can not be seen', () => {
    const hidden: World = { ...upgraded, blind: ['workloads'] }
    expect(fatesAfter(lasting(hidden, 9))).toEqual({ 5: proven })
  })

  it('R85: X63: is written down when it failed, once, with what Helm says', () => {
    const state = watch(watching(), [pending, ...lasting(failing, 5)]).at(-1)
    const lines = state?.memory.ledger.filter(({ to }) => to === 'failed') ?? []
    expect(lines).toMatchObject([
      {
        kind: 'rollout-revision',
        rollout: 'caracal-r6',
        message: 'revision 6 of the release has failed: Upgrade "caracal" failed: context deadline exceeded',
      },
    ])
  })

  it('is nothing before anything was seen', () => {
    expect(fatesIn(started())).toEqual({})
    expect(standing(started())).toBe('none')
  })
})
