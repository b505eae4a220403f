import { describe, expect, it } from 'vitest'
import * as signals from '../../../src/rules/signals.ts'
import { healthyWorld } from './platform-world.ts'
import { checkStatesOf, inPhase, playScenes, stopStatesOf } from './playing.ts'
import { withValue, without } from './world-changes.ts'

const healthy = healthyWorld()
const oneGone = without(healthy, 'readiness', 'sts/sts-1')
const refusing = withValue(
  healthy,
  signals.ready,
  { component: 'sts', replica: 'sts-1' },
  0,
  'connection_refused',
)
const begun = { world: healthy, seconds: 1, command: inPhase('rolling') }

describe('a replica that refuses connections', () => {
  it('R40: may be on its way out for some seconds while a rollout replaces replicas', () => {
    const played = playScenes([begun, { world: refusing, seconds: 3 }, { world: oneGone, seconds: 3 }])
    expect(checkStatesOf(played, 'ready-sts')).toEqual(['pass', 'pending', 'pending'])
  })

  it('R40: fails the gate when the cluster does not say that it goes', () => {
    const played = playScenes([begun, { world: refusing, seconds: 10 }, { world: refusing, seconds: 60 }])
    expect(checkStatesOf(played, 'ready-sts')).toEqual(['pass', 'fail', 'fail'])
    expect(stopStatesOf(played, 'sts-unready')).toEqual(['clear', 'pending', 'firing'])
  })

  it('R40: has the whole time of a start when it is new', () => {
    const played = playScenes([
      { ...begun, world: oneGone },
      { world: refusing, seconds: 100 },
    ])
    expect(checkStatesOf(played, 'ready-sts')).toEqual(['pending', 'pending'])
  })

  it('fails the gate at once without a rollout', () => {
    const played = playScenes([
      { world: healthy, seconds: 1 },
      { world: refusing, seconds: 1 },
    ])
    expect(checkStatesOf(played, 'ready-sts')).toEqual(['pass', 'fail'])
  })
})
