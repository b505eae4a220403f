import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import {
  at,
  chartFolder,
  helm,
  helmVersions,
  kubernetesVersion,
  objectsOf,
  podSpecs,
  renderChart,
  renderedText,
  theOne,
  type Rendered,
  type Values,
} from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'

// What operators expect of any chart. What each value renders to is in test/fixtures/chart-golden (chart-render.test.ts);
// that the API server takes every field is tried in chart-install.test.ts.

let everything: readonly Rendered[]

beforeAll(async () => {
  everything = await renderChart(chartValues['everything on'] ?? {})
})

describe('X74: a value of the chart', () => {
  it('serviceMonitor.tlsConfig stands instead of what the chart would say of the certificate', async () => {
    const objects = await renderChart(chartValues['existing objects'] ?? {})
    expect(at(theOne(objects, 'ServiceMonitor'), 'spec.endpoints.0')).toMatchObject({
      scheme: 'https',
      tlsConfig: { insecureSkipVerify: true },
    })
  })

  it('reaches every pod of the chart, where it says where pods go and how they look up names', () => {
    const { affinity, dnsConfig, dnsPolicy, hostAliases, nodeSelector, tolerations } = chartValues[
      'everything on'
    ] as Values
    const specs = podSpecs(everything)
    expect(specs).toHaveLength(6)
    for (const spec of specs)
      expect(spec).toMatchObject({ affinity, dnsConfig, dnsPolicy, hostAliases, nodeSelector, tolerations })
  })

  it('adds the hosts of an ingress to those by which it may be asked, but no wildcard', () => {
    const { 'config.yaml': text = '' } = theOne(everything, 'ConfigMap', 'rollout-gate')['data'] as Record<
      string,
      string
    >
    expect(/hosts:\n((?: +- .*\n)+)/.exec(text)?.[1]?.replaceAll(/ +- /g, '')).toBe(
      'gate.example.com\nops.example.com\n',
    )
  })

  it('puts every object into another namespace', async () => {
    const objects = await renderChart({ ...chartValues['minimal'], namespaceOverride: 'elsewhere' })
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['elsewhere']))
    const { 'config.yaml': text } = theOne(objects, 'ConfigMap', 'gate-caracal-gate-exporter')[
      'data'
    ] as Record<string, string>
    expect(text).not.toContain('namespace: gate\n')
  })

  it.each<[string, Values, string]>([
    ['a probe', { livenessProbe: { periodSecond: 1 } }, 'periodSecond'],
    ['a security context', { podSecurityContext: { runAsUsr: 1 } }, 'runAsUsr'],
    ['a container beside', { extraContainers: [{ name: 'x', imge: 'y' }] }, 'imge'],
    ['a volume', { extraVolumes: [{ name: 'x', emptydir: {} }] }, 'emptydir'],
    ['an affinity', { affinity: { nodeAfinity: {} } }, 'nodeAfinity'],
    [
      'an alert that is left out',
      { prometheusRule: { disabled: { CaracalRolloutHold: true } } },
      'CaracalRolloutHold',
    ],
    [
      'the severity of an alert that has two',
      { prometheusRule: { customRules: { CaracalStopStsUnready: { severity: 'info' } } } },
      'severity',
    ],
    ['a host of an ingress', { ingress: { hosts: [{ host: 'http://x' }] } }, 'ingress/hosts/0/host'],
    ['the Service', { service: { spec: { selector: {} } } }, 'selector'],
  ])('is refused where a field of it is none of Kubernetes: %s', async (_, values, named) => {
    const { code, stderr } = await helm(['template', 'gate', chartFolder, ...kubernetesVersion], values)
    expect([code, stderr]).toEqual([1, expect.stringContaining(named)])
  })
})

/** What OpenShift's restricted-v2 refuses of a pod, in words. Users and groups are those that it assigns. */
function refusedByOpenShift(spec: unknown): readonly string[] {
  const given = (context: unknown) =>
    ['runAsUser', 'runAsGroup', 'fsGroup'].filter((field) => at(context, field) !== undefined)
  const containers = [at(spec, 'containers'), at(spec, 'initContainers') ?? []].flat() as readonly object[]
  return [
    ...given(at(spec, 'securityContext')),
    ...containers.flatMap((each) => [
      ...given(at(each, 'securityContext')),
      ...(at(each, 'securityContext.allowPrivilegeEscalation') === false ? [] : ['allowPrivilegeEscalation']),
      ...(JSON.stringify(at(each, 'securityContext.capabilities.drop')) === '["ALL"]'
        ? []
        : ['capabilities']),
    ]),
    ...((at(spec, 'volumes') ?? []) as readonly object[]).flatMap((volume) =>
      Object.keys(volume).filter(
        (kind) => !['name', 'configMap', 'secret', 'projected', 'emptyDir'].includes(kind),
      ),
    ),
  ]
}

function refusals(text: string): readonly string[] {
  return podSpecs(objectsOf(text)).flatMap(refusedByOpenShift)
}

describe('X41: on OpenShift', () => {
  const grants = chartValues['everything on']?.['grants']
  const all: Values = { ...chartValues['minimal'], grants }
  const openShift = ['--api-versions', 'security.openshift.io/v1']
  const asked = (adaptSecurityContext: string): Values => ({
    ...all,
    global: { compatibility: { openshift: { adaptSecurityContext } } },
  })

  it.each<[string, Values, readonly string[], boolean]>([
    ['not elsewhere', all, [], false],
    ['where the cluster is one', all, openShift, true],
    ['always by force', asked('force'), [], true],
    ['never when that is disabled', asked('disabled'), openShift, false],
  ])('no pod asks for a user or group of its own, %s', async (_, values, more, isTaken) => {
    const { stdout } = await helm(['template', 'gate', chartFolder, ...kubernetesVersion, ...more], values)
    expect(refusals(stdout).length === 0).toBe(isTaken)
  })

  it.each(helmVersions)('both contexts can be removed as a whole (%s Helm)', async (version) => {
    const text = await renderedText(
      { podSecurityContext: null, containerSecurityContext: null },
      'gate',
      version,
    )
    const spec = at(theOne(objectsOf(text), 'Deployment'), 'spec.template.spec')
    expect([at(spec, 'securityContext'), at(spec, 'containers.0.securityContext')]).toEqual([{}, {}])
  })
})

describe('X74: an upgrade of the chart', () => {
  it('restarts no pod when only the version of the chart is another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gate-chart-version-'))
    try {
      await cp(chartFolder, folder, { recursive: true })
      const values = { ...chartValues['minimal'], image: { tag: '0.1.0' } }
      const template = (text: string) => theOne(objectsOf(text), 'Deployment')['spec']
      const before = await helm(['template', 'gate', folder, ...kubernetesVersion], values)
      const { stdout: chart } = await helm(['show', 'chart', folder])
      await writeFile(join(folder, 'Chart.yaml'), chart.replaceAll(/(ersion): 0\.1\.0/g, '$1: 0.2.0'))
      const after = await helm(['template', 'gate', folder, ...kubernetesVersion], values)
      expect(after.stdout).toContain('caracal-gate-exporter-0.2.0')
      expect(template(after.stdout)).toEqual(template(before.stdout))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('X74: a chart that depends on this one', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gate-chart-parent-'))
    const dependency = {
      name: 'caracal-gate-exporter',
      version: '0.1.0',
      condition: 'caracal-gate-exporter.enabled',
    }
    await mkdir(join(folder, 'charts'))
    await cp(chartFolder, join(folder, 'charts/caracal-gate-exporter'), { recursive: true })
    await writeFile(
      join(folder, 'Chart.yaml'),
      stringify({ apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies: [dependency] }),
    )
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each([
    [true, 1],
    [false, 0],
  ])(
    'switches it by the usual condition, and gives it the global registry: %s',
    async (enabled, deployments) => {
      const { code, stdout, stderr } = await helm(['template', 'gate', folder, ...kubernetesVersion], {
        global: { imageRegistry: 'mirror.example', storageClass: 'meant for others' },
        'caracal-gate-exporter': { enabled },
      })
      expect([code, stderr]).toEqual([0, ''])
      const found = objectsOf(stdout).filter(({ kind }) => kind === 'Deployment')
      expect(found).toHaveLength(deployments)
      for (const object of found)
        expect(at(object, 'spec.template.spec.containers.0.image')).toBe(
          'mirror.example/caracal-gate-exporter:0.1.0',
        )
    },
  )
})
