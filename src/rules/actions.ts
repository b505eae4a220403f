import type { FirstAction, ForCulprit } from '../core/advice.ts'
import { asked } from '../core/shell.ts'
import { clusterActions } from './cluster-actions.ts'
import { commandsFor } from './commands.ts'
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

  const { gate, release, namespace } = commandsFor(options)
  const chart = `--chart ${asked('CHART', 'folder of the chart')} --values ${asked('VALUES', 'values file')}`
  const migrations = `--migrations ${asked('MIGRATIONS', 'folder of the migrations')}`
  /** Every step from the exporter to the receiver, asked from where the configuration is. */
  const alerts = 'caracal-gate doctor --only prometheus,alertmanager'
  const evidence = {
    render: gate(`evidence render ${chart} --release ${release} --namespace ${namespace}`),
    canary: gate(`canary --config ${asked('CANARY', 'configuration of the canary')} --push`),
    rollbackPlan: gate(
      `evidence rollback-plan ${migrations} --previous ${asked('PREVIOUS', 'newest version that it knows')}`,
    ),
  }
  return { ...evidence, alerts, ...clusterActions(options), ...ofStores, ...ofReplicas, lostEvidence }
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
