import { openConfigMap } from '../../kubernetes/config-map.ts'
import {
  eventsWritten,
  followed,
  ownDeployment,
  referredSecret,
  stateConfigMap,
} from '../../kubernetes/needs.ts'
import { kindsFollowed } from '../../probes/index.ts'
import { KubernetesFailure, openKubernetes, type Kubernetes } from '../../connections/kubernetes.ts'
import { scalarText } from '../../kubernetes/manifest/objects.ts'
import type { Area, Installation } from './area.ts'
import { ok, skipped, warning, type Found } from './finding.ts'
import { asked, labelsIn, userOf, type Access } from './kubernetes-access.ts'
import {
  judgeAccess,
  judgeFailure,
  judgeHelm,
  judgeRelease,
  judgeReview,
  judgeState,
} from './kubernetes-verdicts.ts'

/** Whether the API server takes us, grants every verb that is used, and has what we look for. */
export const kubernetes: Area = {
  name: 'kubernetes',
  title: 'Kubernetes',
  async check(installation) {
    const { config } = installation
    if (config.kubernetes === undefined)
      return [
        warning(
          'cluster',
          'kubernetes is not configured, so what needs a cluster is unknown',
          ['kubernetes: { enabled: false }   # or true, in a cluster'],
          ['not_configured'],
        ),
        ...(await withStateOnly(installation)),
      ]
    if (!config.kubernetes.enabled)
      return [skipped('cluster', 'switched off in the configuration'), ...(await withStateOnly(installation))]
    const client = openKubernetes(config.kubernetes)
    try {
      const user = await userOf(client)
      return [
        ok('API server', `it takes the token${user === '' ? '' : ` of ${user}`}`),
        ...(await rights(client, installation, user)),
        ...(await release(client, installation)),
        ...(await state(client, installation)),
      ]
    } catch (fault) {
      if (fault instanceof KubernetesFailure) return [judgeFailure(fault, config.kubernetes)]
      throw fault
    } finally {
      await client.close()
    }
  },
}

/** The state may be kept in a cluster that is not looked at. */
async function withStateOnly(installation: Installation): Promise<readonly Found[]> {
  if (installation.config.state.configMap === undefined) return []
  const client = openKubernetes(installation.config.kubernetes ?? {})
  try {
    return await state(client, installation)
  } catch (fault) {
    if (fault instanceof KubernetesFailure) return [judgeFailure(fault, installation.config.kubernetes ?? {})]
    throw fault
  } finally {
    await client.close()
  }
}

async function rights(
  client: Kubernetes,
  installation: Installation,
  user: string,
): Promise<readonly Found[]> {
  const { config, replicas } = installation
  const { namespace } = config.release
  const { secrets = [] } = await replicas()
  const accesses: readonly Access[] = [
    ...kindsFollowed
      .filter((kind) => kind !== 'releases' || config.kubernetes?.helmSecrets === true)
      .flatMap((kind) => followed[kind].map((need) => ({ ...need, namespace }))),
    ...secrets.map((name) => ({ ...referredSecret, namespace, name })),
    ...(config.state.configMap === undefined ? [] : [{ ...stateConfigMap, ...config.state.configMap }]),
  ]
  try {
    const answers = await Promise.all(accesses.map((access) => asked(client, access)))
    const events = await Promise.all(eventAccesses(config).map((access) => asked(client, access)))
    return [
      ...answers.map((answer) => judgeAccess(answer, user)),
      // Nothing that is judged depends on them.
      ...events.map((answer) => asWarning(judgeAccess(answer, user))),
    ]
  } catch (fault) {
    if (fault instanceof KubernetesFailure && fault.status === 403) return [judgeReview(user)]
    throw fault
  }
}

function eventAccesses({ kubernetes: cluster }: Installation['config']): readonly Access[] {
  if (cluster?.events === undefined) return []
  const { deployment: name, namespace } = cluster.events
  return [
    { ...eventsWritten, namespace },
    { ...ownDeployment, namespace, name },
  ]
}

function asWarning(found: Found): Found {
  return found.state === 'failed' ? { ...found, state: 'warning' } : found
}

async function release(client: Kubernetes, installation: Installation): Promise<readonly Found[]> {
  const { config, replicas } = installation
  const { name, namespace } = config.release
  const { workloads = 0, replicas: pods, unavailable } = await replicas()
  // The findings on rights say who may not list them.
  if (unavailable !== undefined)
    return [skipped('release', `its pods can't be listed: ${unavailable.message}`)]
  const others = workloads > 0 ? [] : await releasesIn(client, namespace)
  const found = judgeRelease({ name, namespace, workloads, pods: pods.length, others })
  if (config.kubernetes?.helmSecrets !== true)
    return [found, skipped('Helm', 'the Secrets of releases are not read (kubernetes.helmSecrets)')]
  const path = `/api/v1/namespaces/${namespace}/secrets?labelSelector=${encodeURIComponent('owner=helm')}&limit=500`
  const labels = await labelsIn(client, path).catch(forbidden)
  if (labels === undefined) return [found]
  return [found, judgeHelm({ name, namespace, names: labels.map((one) => scalarText(one['name'])) })]
}

/** Releases that have Deployments here, when the one that is configured has none. */
async function releasesIn(client: Kubernetes, namespace: string): Promise<readonly string[]> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments?limit=500`
  const labels = (await labelsIn(client, path).catch(forbidden)) ?? []
  const names = labels.map((one) => scalarText(one['app.kubernetes.io/instance']))
  return [...new Set(names.filter((name) => name !== ''))]
}

async function state(client: Kubernetes, { config }: Installation): Promise<readonly Found[]> {
  const { configMap } = config.state
  if (configMap === undefined) return []
  const found = await openConfigMap(client, configMap.namespace, configMap.name).read().catch(forbidden)
  return found === undefined ? [] : [judgeState(configMap, found.found)]
}

/** What the rights have told already is not told again. */
function forbidden(fault: unknown): undefined {
  if (fault instanceof KubernetesFailure && fault.status === 403) return undefined
  throw fault
}
