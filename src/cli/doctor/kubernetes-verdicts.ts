import type { Unavailable } from '../../core/observation.ts'
import { failed, ok, warning, type Found } from './finding.ts'
import type { AccessAsked } from './kubernetes-access.ts'
import { counted, listed } from '../../core/lists.ts'

/** Why the API server could not be asked at all. */
export function judgeFailure(
  { reason, message }: Unavailable,
  { kubeconfig, context }: { readonly kubeconfig?: string; readonly context?: string },
): Found {
  return failed('API server', message, fixOf(reason, kubeconfig, context), [reason])
}

function fixOf(reason: string, kubeconfig?: string, context?: string): readonly string[] {
  const flags = `${kubeconfig === undefined ? '' : ` --kubeconfig ${kubeconfig}`}${context === undefined ? '' : ` --context ${context}`}`
  switch (reason) {
    case 'no_credentials':
      return [
        'kubernetes: { kubeconfig: <path> }',
        '# in a pod instead: automountServiceAccountToken: true in its specification',
      ]
    case 'no_token':
    case 'token_refused':
      return [
        `kubectl${flags} auth whoami   # does this login work at all?`,
        '# in a pod: kubectl -n <namespace> rollout restart deployment/<the exporter>, which mounts a new token',
      ]
    case 'timeout':
    case 'no_route':
      return [
        'networkPolicy: { egress: { apiServer: { ports: [443, 6443] } } }   # values: egress of the exporter; add the port of your API server',
      ]
    default:
      return [`kubectl${flags} get --raw /livez?verbose   # see Names, Network and Certificates`]
  }
}

/** One finding for each resource, with the verbs that are refused. */
export function judgeAccess(
  { group, resource, namespace, name, verbs, refused }: AccessAsked,
  user: string,
): Found {
  const subject = `${group === '' ? resource : `${resource}.${group}`}${name === undefined ? '' : ` ${name}`}`
  const who = user === '' ? 'the account' : user
  if (refused.length === 0) return ok(subject, `may ${listed(verbs)} in namespace ${namespace}`)
  const names = name === undefined ? '' : `resourceNames: [${name}], `
  const rule = `- { apiGroups: ['${group}'], resources: [${resource}], ${names}verbs: [${refused.join(', ')}] }`
  return failed(
    subject,
    `${who} may not ${listed(refused)} in namespace ${namespace}`,
    [`${rule}   # a rule of a Role in namespace ${namespace} that is bound to ${who}`],
    ['forbidden'],
  )
}

/** The API server does not even say what it grants. */
export function judgeReview(user: string): Found {
  const [, namespace = '<namespace>', account = '<account>'] =
    /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? []
  return warning(
    'rights',
    'the API server does not say what it grants: by default every authenticated client may ask',
    [
      `kubectl create clusterrolebinding caracal-gate-basic-user --clusterrole=system:basic-user --serviceaccount=${namespace}:${account}`,
    ],
  )
}

export interface ReleaseSeen {
  readonly name: string
  readonly namespace: string
  readonly workloads: number
  /** Pods of services that are asked. */
  readonly pods: number
  /** Other releases that have workloads in this namespace. */
  readonly others: readonly string[]
}

export function judgeRelease({ name, namespace, workloads, pods, others }: ReleaseSeen): Found {
  const label = `app.kubernetes.io/instance=${name}`
  if (workloads === 0 && pods > 0)
    return failed(
      'release',
      `${counted(pods, 'pod')} in namespace ${namespace} and no workload with the label ${label}${others.length === 0 ? '' : `; there is ${listed(others)}`}: Argo CD sets it on workloads to the name of its Application`,
      [
        `kubectl -n ${namespace} get deployments,statefulsets --show-labels`,
        `application.resourceTrackingMethod: annotation   # in the ConfigMap argocd-cm, or give both the same name`,
      ],
      ['workload_unlabelled', 'no_workload'],
    )
  if (workloads === 0)
    return failed(
      'release',
      `nothing in namespace ${namespace} has the label ${label}${others.length === 0 ? '' : `; there is ${listed(others)}`}`,
      [
        `release: { name: ${others[0] ?? '<name>'}, namespace: ${others.length === 0 ? '<namespace>' : namespace} }`,
        `kubectl get deployments -A -l app.kubernetes.io/name=caracal   # where it is`,
      ],
      ['no_workload', 'no_replica'],
    )
  if (pods === 0)
    return warning(
      'release',
      `${counted(workloads, 'workload')} of ${name} and no pod with the label app.kubernetes.io/component`,
      [`kubectl -n ${namespace} get pods -l ${label} --show-labels`],
    )
  return ok(
    'release',
    `${counted(workloads, 'workload')} and ${counted(pods, 'pod')} of ${name} in ${namespace}`,
  )
}

export interface HelmSeen {
  readonly name: string
  readonly namespace: string
  /** Of all releases whose Secrets are in the namespace. */
  readonly names: readonly string[]
}

export function judgeHelm({ name, namespace, names }: HelmSeen): Found {
  const count = names.filter((one) => one === name).length
  if (count > 0) return ok('Helm', `${counted(count, 'revision')} of ${name}`)
  const others = [...new Set(names)]
  return failed(
    'Helm',
    `Helm has no release ${name} in namespace ${namespace}${others.length === 0 ? '' : `; there is ${listed(others)}`}`,
    [
      'helm list -A   # its name goes into release.name',
      'kubernetes: { helmSecrets: false }   # when it is not Helm that installs it',
    ],
    ['not_installed', 'release_revision_unknown'],
  )
}

export function judgeState(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  isThere: boolean,
): Found {
  if (isThere) return ok('state', `the ConfigMap ${namespace}/${name} is there`)
  return failed(
    'state',
    `there is no ConfigMap ${namespace}/${name}, so nothing is remembered over a restart`,
    [`kubectl -n ${namespace} create configmap ${name}`],
  )
}
