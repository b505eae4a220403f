import type { FirstAction, ForCulprit } from '../core/advice.ts'
import { clusterActions } from './cluster-actions.ts'
import type { Options } from './options.ts'
import { replicaActions } from './replica-actions.ts'
import { storeActions } from './store-actions.ts'

/** First actions by what they ask, for one installation. A name in one is ours, or has a form that is checked. */
export function actionsFor(options: Options) {
  const ofStores = storeActions(options)
  const ofReplicas = replicaActions(options)
  const log = ofReplicas.log(['sts', 'gateway', 'audit'], '15m')
  const streams = new Set(options.streams.map(({ name }) => name))

  /** Of a replica that lost evidence its log, of a stream that was trimmed its groups. */
  const lostEvidence: ForCulprit = (culprit = '') =>
    streams.has(culprit.split('/')[0] ?? '') ? ofStores.groups(culprit) : log(culprit)

  return { ...clusterActions(options), ...ofStores, ...ofReplicas, lostEvidence }
}

/** First actions for the causes that are no check and no stop, by their ids. */
export function causeActions(options: Options) {
  const { redisAnswers, postgresAnswers, pods } = actionsFor(options)
  return {
    'redis-unavailable': redisAnswers,
    'postgres-unavailable': postgresAnswers,
    'kubernetes-unavailable': "kubectl get --raw '/readyz?verbose'",
    'replica-lost': pods(),
  } satisfies Record<string, FirstAction>
}
