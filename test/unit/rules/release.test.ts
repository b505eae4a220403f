import { describe, expect, it } from 'vitest'
import { releaseIsDeployed } from '../../../src/rules/release.ts'
import { releaseDeployed, releaseFailed } from '../../../src/rules/signals.ts'
import { changed, faultsIn, findingsIn } from './judging.ts'
import { healthyWorld } from './platform-world.ts'
import { checkStatesOf, playScenes } from './playing.ts'
import { withFailing, withValue } from './world-changes.ts'

const healthy = healthyWorld()

/** The world in which Helm has this of its newest revision. */
function saying(status: string, description: string) {
  const shown = withValue(healthy, releaseDeployed, {}, status === 'deployed' ? 1 : 0, { status })
  return withValue(shown, releaseFailed, {}, status === 'failed' ? 1 : 0, description)
}

// As Helm 3 and 4 write them.
const timedOut = 'Upgrade "caracal" failed: timed out waiting for the condition'
const deadline =
  'Upgrade "caracal" failed: resource Deployment/caracal/api not ready. status: InProgress, message: Updated: 1/2 context deadline exceeded'
const conflict =
  'Upgrade "caracal" failed: conflict occurred while applying object caracal/api apps/v1, Kind=Deployment: Apply failed with 1 conflict'

describe('the newest revision of the release', () => {
  it('R85: is well when it is deployed', () => {
    expect(findingsIn(releaseIsDeployed, healthy)).toMatchObject([
      { answer: 'met', message: 'revision 5 is deployed' },
    ])
  })

  it.each([timedOut, deadline, conflict])('R85: X63: has failed, and says why: %s', (description) => {
    expect(findingsIn(releaseIsDeployed, saying('failed', description))).toMatchObject([
      {
        answer: 'unmet',
        reason: 'release_failed',
        message: `revision 5 has failed: ${description}`,
        hold: 0,
      },
    ])
  })

  it(
    'R85: X63: never ends in proceed once it failed, although everything became ready later',
    { timeout: 60_000 },
    () => {
      const timed = saying('failed', timedOut)
      const played = playScenes([
        { world: healthy, seconds: 40 },
        { world: timed, seconds: 300 },
      ])
      expect(played.map(({ verdict }) => verdict.verdict)).toEqual(['proceed', 'hold'])
      expect(played[1]?.verdict.summary).toBe(`Hold: revision 5 has failed: ${timedOut}`)
      expect(checkStatesOf(played, 'release-deployed')).toEqual(['pass', 'fail'])
    },
  )

  it(
    'R85: X63: is waited for while it is pending, and has failed when that lasts',
    { timeout: 60_000 },
    () => {
      const pending = saying('pending-upgrade', 'Preparing upgrade')
      const played = playScenes([
        { world: healthy, seconds: 40 },
        { world: pending, seconds: 950 },
        { world: pending, seconds: 20 },
      ])
      expect(checkStatesOf(played, 'release-deployed')).toEqual(['pass', 'pending', 'fail'])
      expect(played.map(({ verdict }) => verdict.verdict)).toEqual(['proceed', 'hold', 'hold'])
      expect(faultsIn(releaseIsDeployed, pending)).toEqual(['release unmet release_pending'])
    },
  )

  it.each(['uninstalling', 'superseded', 'unknown'])('R85: is not deployed when it is %s', (status) => {
    expect(findingsIn(releaseIsDeployed, saying(status, ''))).toMatchObject([
      { answer: 'unmet', reason: 'release_not_deployed', hold: 0 },
    ])
  })

  it('R85: is unknown when it can not be seen', () => {
    expect(faultsIn(releaseIsDeployed, withFailing(healthy, 'helm-release'))).toEqual([
      'kubernetes unknown unreachable',
    ])
    expect(faultsIn(releaseIsDeployed, changed(healthy, [releaseDeployed, {}, 'silent']))).toEqual([
      'release unknown never_measured',
    ])
  })
})
