import { components } from '../core/replica.ts'
import { commandsFor } from './commands.ts'
import type { Options } from './options.ts'

const migrationJobs = ['migrate', 'auth-migrate'] as const

/** Names of objects, as Kubernetes allows them. */
const OBJECT = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

/** First actions that ask for objects of the release. Without a cluster the configuration is what there is to ask. */
export function clusterActions(options: Options) {
  const { kubectl, helm, labelled, release } = commandsFor(options)
  const inCluster = options.kubernetes === 'on'

  function asking(command: (culprit: string) => string) {
    return (culprit = ''): string => (inCluster ? command(culprit) : 'caracal-gate check-config')
  }

  const history = `${helm} history ${release} --max 3`
  return {
    history: asking(() => history),
    diff: asking(() => `${helm} get manifest ${release} | ${kubectl} diff -f -`),
    /** What runs of the component that is blamed, else what the release is. */
    arrived: asking((culprit) => {
      const [component] = componentIn(culprit)
      return component === undefined ? history : `${kubectl} describe pods ${labelled(component)}`
    }),
    /** The keys of a Secret; `describe` shows no value. */
    secret: asking((culprit) =>
      OBJECT.test(culprit) ? `${kubectl} describe secret ${culprit}` : `${kubectl} get secrets`,
    ),
    services: asking(
      (culprit) => `${kubectl} get services,endpointslices ${labelled(...componentIn(culprit))}`,
    ),
    jobs: asking((culprit) => {
      if (culprit === 'new pods') return `${kubectl} get jobs,pods ${labelled()} -o wide`
      const kinds = migrationJobs.filter((kind) => kind === culprit.split('/')[0])
      return `${kubectl} describe jobs ${labelled(...(kinds.length > 0 ? kinds : migrationJobs))}`
    }),
  }
}

/** The component that a key begins with, if it does. */
function componentIn(culprit: string): readonly string[] {
  return components.filter((component) => component === culprit.split('/')[0])
}
