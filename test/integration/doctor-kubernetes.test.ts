import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import { startKubelet, type Kubelet } from '../../rig/kubernetes/kubelet.ts'
import {
  eventsWritten,
  followed,
  ownDeployment,
  referredSecret,
  stateConfigMap,
} from '../../src/kubernetes/needs.ts'
import { kindsFollowed } from '../../src/probes/index.ts'
import { kubernetes } from '../../src/cli/doctor/kubernetes.ts'
import type { Found } from '../../src/cli/doctor/finding.ts'
import { renderChart, theOne, type Rendered } from '../support/chart.ts'
import { examined, foundOf, subjectsThat } from '../support/doctor.ts'
import { apply, installRelease, labelled, namespace, templateOf } from '../support/real-release.ts'
import { eventually } from '../support/waiting.ts'

// A real API server, the account and the Roles of the chart, and each verb taken away in turn.

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

const account = 'gate-caracal-gate-exporter'
const stateName = `${account}-state`
const user = `system:serviceaccount:gate:${account}`
let controlPlane: ControlPlane
let kubelet: Kubelet
let kubeconfig: string
let roles: readonly Rendered[]

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace(namespace)
  await controlPlane.createNamespace('gate')
  kubelet = await startKubelet(controlPlane, { namespace })
  await installRelease(controlPlane)
  const template = templateOf('caracal-web', 'web', 'web:1')
  const [container] = template.spec.containers
  const env = [{ name: 'URL', valueFrom: { secretKeyRef: { name: 'runtime', key: 'redisUrl' } } }]
  await apply(controlPlane, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: labelled('caracal-web', 'web'),
    spec: {
      selector: { matchLabels: { app: 'caracal-web' } },
      template: { ...template, spec: { containers: [{ ...container, env }] } },
    },
  })
  const objects = await renderChart({
    release: { name: 'caracal', namespace },
    kubernetes: { helmSecrets: { enabled: true }, secretReferences: { names: ['runtime'] } },
  })
  for (const object of objects)
    if (['ServiceAccount', 'Role', 'RoleBinding'].includes(object.kind) || object.metadata.name === stateName)
      await controlPlane.apply(object)
  roles = ['release', 'state'].map((name) => theOne(objects, 'Role', `${account}-${name}`))
  kubeconfig = (await controlPlane.kubeconfigFor('gate', account)).path
})
afterAll(async () => {
  await kubelet?.stop()
  await controlPlane?.stop()
})

beforeEach(() => setRules((rules) => rules))

/** Gives the Roles of the chart, as `change` leaves their rules. */
async function setRules(change: (rules: readonly Rule[], role: Rendered) => readonly Rule[]): Promise<void> {
  for (const role of roles)
    await controlPlane.apply({ ...role, rules: change(role['rules'] as readonly Rule[], role) })
}

function look(change: Readonly<Record<string, unknown>> = {}): Promise<readonly Found[]> {
  const configuration = {
    services: undefined,
    release: { name: 'caracal', namespace },
    kubernetes: { enabled: true, kubeconfig, helmSecrets: true },
    state: { configMap: stateName, namespace: 'gate' },
    ...change,
  }
  return examined(kubernetes, { configuration })
}

/** An API server takes a change of rights into force a moment later. */
async function untilFailed(subjects: readonly string[]): Promise<readonly Found[]> {
  let found: readonly Found[] = []
  await eventually(`what failed is ${subjects.join(', ') || 'nothing'}`, async () => {
    found = await look()
    return subjectsThat(found, 'failed').join() === subjects.join()
  })
  return found
}

const needs = [
  ...kindsFollowed.flatMap((kind) => followed[kind]),
  { ...referredSecret, name: 'runtime' },
  { ...stateConfigMap, name: stateName },
].flatMap((need) =>
  need.verbs.map((verb) => {
    const { group, resource } = need
    const name = 'name' in need ? need.name : undefined
    const subject = `${group === '' ? resource : `${resource}.${group}`}${name === undefined ? '' : ` ${name}`}`
    return { subject, resource, name, verb }
  }),
)

/** The rules without one verb on one resource; other resources of the same rule keep it. */
function without({ resource, name, verb }: (typeof needs)[number]) {
  return (rules: readonly Rule[]): readonly Rule[] =>
    rules.flatMap((rule) => {
      const isMeant = rule.resources.includes(resource) && rule.resourceNames?.[0] === name
      if (!isMeant) return [rule]
      const others = rule.resources.filter((one) => one !== resource)
      const verbs = rule.verbs.filter((one) => one !== verb)
      return [
        ...(others.length === 0 ? [] : [{ ...rule, resources: others }]),
        ...(verbs.length === 0 ? [] : [{ ...rule, resources: [resource], verbs }]),
      ]
    })
}

describe('the doctor of Kubernetes', () => {
  it('finds nothing to fix with the rights of the chart, which include to ask for rights', async () => {
    let found: readonly Found[] = []
    await eventually('all is well, and the pods have addresses', async () => {
      found = await look()
      return found.every(({ state }) => state === 'ok')
    })
    expect(foundOf(found, 'API server').message).toBe(`it takes the token of ${user}`)
    expect(foundOf(found, 'release').message).toMatch(/^3 workloads and /)
    expect(found.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([...needs.map(({ subject }) => subject), 'Helm', 'state']),
    )
  })

  it.each(needs)('names what may not $verb $subject, and its rule fixes it', async (need) => {
    await setRules(without(need))
    const one = foundOf(await untilFailed([need.subject]), need.subject)
    expect(one.message).toMatch(`${user} may not ${need.verb} in namespace `)
    const [rule] = parse(one.fix?.[0] ?? '') as readonly Rule[]
    const place = /in namespace (\S+)$/.exec(one.message)?.[1]
    await setRules((rules, role) => {
      const own = role.metadata.namespace === place && rule !== undefined ? [rule] : []
      return [...without(need)(rules), ...own]
    })
    await untilFailed([])
  })

  it('warns of what may not be announced, which nothing that is judged depends on', async () => {
    const withEvents = {
      enabled: true,
      kubeconfig,
      helmSecrets: true,
      events: { deployment: account, namespace: 'gate' },
    }
    const lookForEvents = () => look({ kubernetes: withEvents })
    await eventually('both rights are there', async () => {
      const found = await lookForEvents()
      const subjects = ['events.events.k8s.io', `deployments.apps ${account}`]
      return subjects.every((subject) => foundOf(found, subject).state === 'ok')
    })
    await setRules(without({ subject: '', resource: 'events', name: undefined, verb: 'create' }))
    await eventually('it warns', async () => {
      const found = foundOf(await lookForEvents(), 'events.events.k8s.io')
      return found.state === 'warning' && found.message.includes('may not create in namespace gate')
    })
  })

  it('names it too where nothing of the release can be seen', async () => {
    await setRules(without({ subject: '', resource: 'pods', name: undefined, verb: 'list' }))
    const found = await untilFailed(['pods'])
    expect(foundOf(found, 'release')).toMatchObject({
      state: 'skipped',
      message: expect.stringContaining('may not list pods') as string,
    })
  })

  it('names the release that is there instead of the one that is configured', async () => {
    const found = await look({ release: { name: 'other', namespace } })
    expect(foundOf(found, 'release')).toMatchObject({
      state: 'failed',
      fix: [`release: { name: caracal, namespace: ${namespace} }`, expect.any(String) as string],
    })
    expect(foundOf(found, 'Helm').message).toContain('there is caracal')
  })

  it('says that the ConfigMap of the state is gone, and its line makes it anew', async () => {
    const path = `/api/v1/namespaces/gate/configmaps/${stateName}`
    await controlPlane.request('DELETE', path)
    const one = foundOf(await untilFailed(['state']), 'state')
    expect(one.fix).toEqual([`kubectl -n gate create configmap ${stateName}`])
    const [, , namespaceOfIt, , kind, name] = one.fix?.[0]?.split(' ') ?? []
    await controlPlane.request('POST', `/api/v1/namespaces/${namespaceOfIt}/${kind}s`, { metadata: { name } })
    await untilFailed([])
  })

  it('says that the token is refused', async () => {
    const { path } = await controlPlane.kubeconfigFor('gate', account, 600)
    const text = readFileSync(path, 'utf8')
    const found = await examined(kubernetes, {
      configuration: { services: undefined, kubernetes: { enabled: true, kubeconfig: 'kubeconfig' } },
      secrets: { kubeconfig: text.replace(/("?token"?: *"?)[^"\n]{20}/, '$1AAAAAAAAAAAAAAAAAAAA') },
    })
    expect(found).toMatchObject([{ subject: 'API server', state: 'failed', reasons: ['token_refused'] }])
  })

  it('says that there is no API server at that address', async () => {
    const { path } = await controlPlane.kubeconfigFor('gate', account, 600)
    const text = readFileSync(path, 'utf8')
    const found = await examined(kubernetes, {
      configuration: { services: undefined, kubernetes: { enabled: true, kubeconfig: 'kubeconfig' } },
      secrets: { kubeconfig: text.replace(/https:\/\/[\w.:]+/, 'https://127.0.0.1:9') },
    })
    expect(found).toMatchObject([{ subject: 'API server', state: 'failed', reasons: ['connection_refused'] }])
  })

  it('warns where nobody said whether there is a cluster, and passes over one that is switched off', async () => {
    const untold = await examined(kubernetes, { configuration: { kubernetes: undefined } })
    expect(untold).toMatchObject([{ subject: 'cluster', state: 'warning' }])
    expect(await examined(kubernetes)).toMatchObject([{ subject: 'cluster', state: 'skipped' }])
  })
})

describe('the access that is used', () => {
  it('is what the Roles of the chart grant', () => {
    const granted = roles.flatMap((role) =>
      (role['rules'] as readonly Rule[]).flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
        resources.flatMap((resource) =>
          resourceNames.flatMap((name) => verbs.map((verb) => `${apiGroups[0]}/${resource} ${name} ${verb}`)),
        ),
      ),
    )
    const used = [
      ...kindsFollowed.flatMap((kind) => followed[kind]).map((need) => ({ ...need, name: '' })),
      { ...referredSecret, name: 'runtime' },
      { ...stateConfigMap, name: stateName },
      { ...eventsWritten, name: '' },
      { ...ownDeployment, name: account },
    ].flatMap(({ group, resource, name, verbs }) =>
      verbs.map((verb) => `${group}/${resource} ${name} ${verb}`),
    )
    expect(granted.toSorted()).toEqual(used.toSorted())
  })
})
