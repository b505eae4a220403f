import { describe, expect, it } from 'vitest'
import { previousRevisionKept } from '../../../src/rules/rollback-plan.ts'
import * as signals from '../../../src/rules/signals.ts'
import { fates, REVISION_FATE } from '../../../src/core/rollout.ts'
import { changed, faultsIn, findingsIn, remembering } from './judging.ts'
import { healthyWorld } from './platform-world.ts'
import { withValue } from './world-changes.ts'

const healthy = healthyWorld()

describe('the way back', () => {
  const fateOf = (known: Readonly<Record<string, number>>) =>
    remembering(
      Object.fromEntries(Object.entries(known).map(([one, fate]) => [`${REVISION_FATE}${one}`, fate])),
    )
  const { failed, proven, watched } = fates

  it.each<[string, Readonly<Record<string, number>>, string]>([
    [
      'nobody watched, by the word of Helm',
      {},
      "revision 4, caracal-1.0.0, images a, b is kept; that it ran is Helm's word alone",
    ],
    [
      'was seen to run',
      { 4: proven },
      'revision 4, caracal-1.0.0, images a, b is kept, and was seen with all of it ready',
    ],
    [
      'X60: is older than one that failed',
      { 4: failed, 3: proven },
      'revision 3, caracal-1.0.0, images a, b is kept, and was seen with all of it ready',
    ],
    [
      'X60: is older than one that never had all its pods',
      { 4: watched },
      "revision 3, caracal-1.0.0, images a, b is kept; that it ran is Helm's word alone",
    ],
    [
      'was seen to run before one that nobody watched',
      { 3: proven },
      'revision 3, caracal-1.0.0, images a, b is kept, and was seen with all of it ready',
    ],
  ])('R84: is one that %s', (_, known, message) => {
    expect(findingsIn(previousRevisionKept, healthy, fateOf(known))).toMatchObject([
      { answer: 'met', message },
    ])
  })

  it('R84: X60: is none when each failed or never ran', () => {
    expect(findingsIn(previousRevisionKept, healthy, fateOf({ 4: failed, 3: watched }))).toMatchObject([
      {
        answer: 'unmet',
        reason: 'no_proven_revision',
        message:
          'there is no revision to go back to: revision 4 was seen failed; revision 3 never had all of its pods ready',
      },
    ])
  })

  it('R84: X60: is not one of which Helm says that it failed, whatever its status', () => {
    const said = 'failed: Upgrade "caracal" failed: timed out waiting for the condition'
    const world = withValue(healthy, signals.releaseRevisionKept, { revision: '4' }, 0, said)
    expect(findingsIn(previousRevisionKept, world, fateOf({ 4: proven }))[0]?.message).toContain('revision 3')
    expect(findingsIn(previousRevisionKept, world, fateOf({ 3: failed }))[0]?.message).toBe(
      'there is no revision to go back to: revision 4: Upgrade "caracal" failed: timed out waiting for the condition; revision 3 was seen failed',
    )
  })

  it('R84: is unknown while one that may be it can not be read', () => {
    const world = changed(healthy, [signals.releaseRevisionKept, { revision: '3' }, 'blind'])
    expect(faultsIn(previousRevisionKept, world, fateOf({ 4: failed }))).toEqual([
      'previous revision unknown cannot_tell',
    ])
    expect(faultsIn(previousRevisionKept, world, fateOf({ 4: proven }))).toEqual([])
  })
})
