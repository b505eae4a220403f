import type { ForCulprit } from '../core/advice.ts'
import { components, type Component } from '../core/replica.ts'
import { word } from '../core/shell.ts'
import { commandsFor } from './commands.ts'
import type { Addresses, Options } from './options.ts'

type Services = readonly string[]

/** First actions that ask replicas: by kubectl in a cluster, else each one itself at its configured address. */
export function replicaActions(options: Options) {
  const { kubectl, labelled } = commandsFor(options)
  if (options.kubernetes !== 'on') {
    const ask = (of: Services): ForCulprit => {
      return (culprit) => askReady(options.addresses, of, culprit)
    }
    return { log: ask, readiness: ask, pods: (of: Services = components) => ask(of) }
  }

  function log(of: Services, since: string, culprit: string | undefined): string {
    const { component, pod } = blamed(culprit)
    if (pod !== undefined) return `${kubectl} logs ${pod} -c ${component} --since=${since}`
    const [only = '', ...more] = of
    const containers = more.length === 0 ? `-c ${only}` : '--all-containers'
    // Of a selection kubectl shows ten lines a pod by default.
    return `${kubectl} logs ${labelled(...of)} ${containers} --prefix --since=${since} --tail=100`
  }

  function describe(of: Services, culprit: string | undefined): string {
    const { component, pod } = blamed(culprit)
    if (pod !== undefined) return `${kubectl} describe pod ${pod}`
    return `${kubectl} describe pods ${labelled(...(component === undefined ? of : [component]))}`
  }

  return {
    /** The log of the replica that is blamed, else of all; without a cluster, whether it is ready and why not. */
    log: (of: Services, since = '5m'): ForCulprit => {
      return (culprit) => log(of, since, culprit)
    },
    /** Why a replica is not ready: its log, or what became of its pods where the workload itself is blamed. */
    readiness: (of: Services): ForCulprit => {
      return (culprit) =>
        culprit === undefined || blamed(culprit).pod !== undefined
          ? log(of, '5m', culprit)
          : describe(of, culprit)
    },
    /** What became of the pod, or of the pods of the component, that is blamed. */
    pods: (of: Services = components): ForCulprit => {
      return (culprit) => describe(of, culprit)
    },
  }
}

/** Names of pods, as Kubernetes allows them. What a key says instead of a pod has a blank. */
const POD = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

/** The component that a key begins with, and the pod that it names. */
function blamed(culprit = ''): { readonly component?: Component; readonly pod?: string } {
  const [first, second = '', ...more] = culprit.split('/')
  const component = components.find((name) => name === first)
  if (component === undefined) return {}
  return more.length === 0 && POD.test(second) ? { component, pod: second } : { component }
}

/** A command with more addresses is no longer read. */
const MOST_ADDRESSES = 5

function askReady(addresses: Addresses | undefined, of: Services, culprit: string | undefined): string {
  const { replicas = [], ownAuthority = false } = addresses ?? {}
  const named = replicas.filter(({ component, name }) => `${component}/${name}` === culprit)
  const asked = named.length > 0 ? named : replicas.filter(({ component }) => of.includes(component))
  const urls = asked.slice(0, MOST_ADDRESSES).map(({ url }) => `${url}/ready`)
  if (urls.length === 0) return 'caracal-gate check-config'
  // The authority is a file where the exporter is, and nothing is sent that an impostor could use.
  const trusting = ownAuthority && urls.some((url) => url.startsWith('https:')) ? 'k' : ''
  const form = String.raw`-w ' %{http_code} %{url_effective}\n'`
  return ['curl', `-${trusting}sS`, '-m 5', form, ...urls.map(word)].join(' ')
}
