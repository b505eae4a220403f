import { unseen, type Condition, type Finding } from '../core/finding.ts'
import { MINUTE, type Millis } from '../core/time.ts'
import { expected } from './expected.ts'
import { releaseDeployed, releaseFailed, releaseRevision } from './signals.ts'

/**
 * Helm waits 5 min by default, for each hook and for the workloads anew: the two migration Jobs, the
 * workloads, and a minute. What is pending after that is more likely a Helm that was killed.
 */
const PENDING_WITHIN: Millis = 16 * MINUTE

/**
 * Helm has done with the newest revision of the release, and well. Whether its objects live and are ready is asked by
 * others: a revision that failed stays one when its workloads become ready later, and the next rollback or upgrade goes
 * on from it.
 */
export const releaseIsDeployed: Condition = {
  claims: 'the newest revision of the Helm release is deployed',
  signals: [releaseDeployed, releaseFailed, releaseRevision],
  judge(evidence) {
    const { readings, unseen: blind } = evidence.of(releaseDeployed)
    const revision = evidence.of(releaseRevision).readings[0]?.reading.value
    const who = revision === undefined ? 'the newest revision' : `revision ${revision}`
    const said = evidence.of(releaseFailed).readings[0]?.reading.detail ?? ''
    const seen = readings.map(({ reading, target }): Finding => {
      const key = 'release'
      if (reading.value === 1)
        return { key, answer: 'met', reason: 'ok', message: `${who} is deployed`, target: target.id }
      const status = reading.facts?.status ?? 'not deployed'
      return { key, answer: 'unmet', target: target.id, ...notDeployed(who, status, said) }
    })
    return expected('release', [...seen, ...blind.map((spot) => unseen(spot))])
  },
}

function notDeployed(
  who: string,
  status: string,
  said: string,
): Pick<Finding, 'reason' | 'message' | 'hold'> {
  const why = said === '' ? 'Helm gives no reason' : said
  if (status === 'failed') return { reason: 'release_failed', message: `${who} has failed: ${why}`, hold: 0 }
  if (status.startsWith('pending-')) {
    const message = `${who} is ${status}; when no Helm runs any more, helm rollback ends it (${why})`
    return { reason: 'release_pending', message, hold: PENDING_WITHIN }
  }
  return { reason: 'release_not_deployed', message: `${who} is ${status}: ${why}`, hold: 0 }
}
