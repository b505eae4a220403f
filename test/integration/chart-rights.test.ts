import { beforeAll, describe, expect, it } from 'vitest'
import { renderChart, theOne, type Rendered } from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'

interface Container {
  readonly name: string
  readonly resources?: { readonly requests?: object; readonly limits?: { readonly memory?: string } }
  readonly securityContext?: object
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[]
}

interface PodSpec {
  readonly securityContext?: object
  readonly automountServiceAccountToken?: boolean
  readonly enableServiceLinks?: boolean
  readonly hostNetwork?: boolean
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Readonly<Record<string, unknown>>[]
}

interface CronJob {
  readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: PodSpec } } }
}

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

const cases = Object.keys(chartValues).map((name) => ({ name }))
const charts = new Map<string, readonly Rendered[]>()

beforeAll(async () => {
  for (const [name, values] of Object.entries(chartValues)) charts.set(name, await renderChart(values))
})

function objects(name: string): readonly Rendered[] {
  return charts.get(name) ?? []
}

function podSpecOf({ kind, spec }: Rendered): PodSpec | undefined {
  if (kind === 'Pod') return spec as PodSpec
  if (kind === 'CronJob') return (spec as CronJob).jobTemplate.spec.template.spec
  if (kind !== 'Deployment' && kind !== 'Job') return undefined
  return (spec as { template: { spec: PodSpec } }).template.spec
}

function pods(name: string): readonly { readonly of: string; readonly spec: PodSpec }[] {
  return objects(name).flatMap((object) => {
    const spec = podSpecOf(object)
    return spec === undefined ? [] : [{ of: `${object.kind}/${object.metadata.name}`, spec }]
  })
}

/** Each right as `group/resource verb`, with the name that it is limited to. */
function rightsIn({ rules }: Rendered): readonly string[] {
  return (rules as readonly Rule[])
    .flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames.flatMap((name) =>
            verbs.map((verb) => `${group}/${resource}${name === '' ? '' : ` ${name}`} ${verb}`),
          ),
        ),
      ),
    )
    .toSorted()
}

const watched = [
  '/pods',
  '/services',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'autoscaling/horizontalpodautoscalers',
  'batch/jobs',
  'discovery.k8s.io/endpointslices',
]
const watchRights = watched.flatMap((resource) => [`${resource} list`, `${resource} watch`])

describe('the rights of the exporter', () => {
  it('are to list and watch what is judged, and to look for the keys of one Secret', () => {
    const role = theOne(objects('defaults'), 'Role', 'gate-caracal-gate-exporter-release')
    expect(rightsIn(role)).toEqual([...watchRights, '/secrets caracal-runtime get'].toSorted())
  })

  it('reach other Secrets only with consent, and other names only as they are listed', () => {
    const role = theOne(objects('everything on'), 'Role', 'rollout-gate-release')
    const secrets = ['caracal-runtime get', 'caracal-metrics get', 'list', 'watch'].map(
      (it) => `/secrets ${it}`,
    )
    expect(rightsIn(role)).toEqual([...watchRights, ...secrets].toSorted())
    expect(role.metadata.namespace).toBe('caracal')
  })

  it('let it write the ConfigMap of its state and Events, in its own namespace, and nothing else', () => {
    for (const { name } of cases.filter((one) => one.name !== 'everything off')) {
      const roles = objects(name).filter(({ kind }) => kind === 'Role')
      expect(roles).toHaveLength(2)
      const writes = roles.flatMap((role) =>
        rightsIn(role)
          .filter((right) => !/ (get|list|watch)$/.test(right))
          .map((right) => `${role.metadata.namespace}: ${right}`),
      )
      const map = objects(name).find(
        ({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep',
      )
      const state = roles.find(({ metadata }) => metadata.name.endsWith('-state')) as Rendered
      const memory = `/configmaps ${map?.metadata.name ?? 'gate-memory'}`
      const own = state.metadata.name.replace(/-state$/, '')
      expect(writes).toEqual([`gate: ${memory} update`, 'gate: events.k8s.io/events create'])
      expect(rightsIn(state)).toEqual(
        [
          ...['get', 'update', 'watch'].map((verb) => `${memory} ${verb}`),
          'events.k8s.io/events create',
          `apps/deployments ${own} get`,
        ].toSorted(),
      )
    }
  })

  it('are to write no Event where that is switched off', async () => {
    const quiet = await renderChart({ kubernetes: { events: { enabled: false } } })
    const state = theOne(quiet, 'Role', 'gate-caracal-gate-exporter-state')
    expect(rightsIn(state).filter((right) => !right.startsWith('/configmaps'))).toEqual([])
  })

  it('end at namespaces, and are those of its own account', () => {
    for (const { name } of cases) {
      expect(objects(name).filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([])
      for (const { kind, roleRef, subjects } of objects(name).filter((one) => one.kind === 'RoleBinding'))
        expect([kind, roleRef, subjects]).toMatchObject([
          'RoleBinding',
          { kind: 'Role' },
          [{ kind: 'ServiceAccount', namespace: 'gate' }],
        ])
    }
    expect(
      theOne(objects('existing objects'), 'RoleBinding', 'gate-caracal-gate-exporter-state'),
    ).toMatchObject({
      subjects: [{ name: 'gate-reader' }],
    })
  })

  it('leave the state without data, so that an upgrade has none to undo', () => {
    const state = theOne(objects('defaults'), 'ConfigMap', 'gate-caracal-gate-exporter-state')
    expect(Object.keys(state).toSorted()).toEqual(['apiVersion', 'kind', 'metadata'])
  })
})

describe('every pod of the chart', () => {
  it.each(cases)('has no right that it does not use: $name', ({ name }) => {
    for (const { of, spec } of pods(name)) {
      expect([of, spec.securityContext]).toMatchObject([
        of,
        {
          runAsNonRoot: true,
          ...(name !== 'openshift' && { runAsUser: expect.any(Number) as number }),
          seccompProfile: { type: 'RuntimeDefault' },
        },
      ])
      for (const container of [...spec.containers, ...(spec.initContainers ?? [])])
        expect([of, container.securityContext]).toEqual([
          of,
          {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        ])
      expect([of, spec.hostNetwork, spec.enableServiceLinks]).toEqual([of, undefined, false])
      expect((spec.volumes ?? []).filter((volume) => 'hostPath' in volume)).toEqual([])
    }
  })

  it.each(cases)('speaks to the API server only if it is the exporter: $name', ({ name }) => {
    const speaking = pods(name).filter(({ spec }) => spec.automountServiceAccountToken !== false)
    expect(speaking.map(({ of }) => of.split('/')[0])).toEqual(['Deployment'])
    for (const account of objects(name).filter(({ kind }) => kind === 'ServiceAccount'))
      expect(account['automountServiceAccountToken']).toBe(false)
  })

  it.each(cases)('asks for what it needs and has an end to its memory: $name', ({ name }) => {
    for (const { of, spec } of pods(name))
      for (const { resources } of spec.containers)
        expect([of, resources]).toMatchObject([
          of,
          {
            requests: { cpu: expect.any(String) as string },
            limits: { memory: expect.any(String) as string },
          },
        ])
  })

  it('has passwords in its environment only where a program of others takes them from there', () => {
    const secret = pods('everything on').flatMap(({ of, spec }) =>
      spec.containers.flatMap(({ env = [] }) =>
        env
          .filter(({ valueFrom }) => valueFrom !== undefined)
          .map(({ name }) => `${of.split('/')[0]} ${name}`),
      ),
    )
    expect(secret.toSorted()).toEqual([
      'Job GATE_PASSWORD',
      'Job PGPASSWORD',
      'Job REDISCLI_AUTH',
      'Job gate_password',
    ])
  })
})
