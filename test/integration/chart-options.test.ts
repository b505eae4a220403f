import { beforeAll, describe, expect, it } from 'vitest'
import {
  at,
  chartFolder,
  helm,
  kubernetesVersion,
  podSpecs,
  renderChart,
  theOne,
  type Rendered,
  type Values,
} from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'

// What operators expect of any chart. That the API server takes every field is tried in chart-install.test.ts.

let everything: readonly Rendered[]

beforeAll(async () => {
  everything = await renderChart(chartValues['everything on'] ?? {})
})

const pod = 'spec.template.spec'
const container = `${pod}.containers.0`
const secured = {
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
  supplementalGroups: [4_000],
}
const tags = { tier: 'operations' }

describe('X74: a value of the chart', () => {
  it.each<[value: string, object: string, path: string, shows: unknown]>([
    [
      'commonAnnotations',
      'Service',
      'metadata.annotations',
      { 'example.com/owner': 'platform', zone: 'internal' },
    ],
    ['service.labels', 'Service', 'metadata.labels', { ...tags, team: 'platform' }],
    [
      'service.spec',
      'Service',
      'spec',
      { loadBalancerClass: 'example.com/internal', externalTrafficPolicy: 'Local' },
    ],
    ['service.spec.nodePort', 'Service', 'spec.ports.0', { nodePort: 30_465 }],
    [
      'deploymentLabels',
      'Deployment',
      'metadata.labels',
      { ...tags, 'helm.sh/chart': 'caracal-gate-exporter-0.1.0' },
    ],
    ['deploymentAnnotations', 'Deployment', 'metadata.annotations', { 'reloader.stakater.com/auto': 'true' }],
    [
      'global.imageRegistry',
      'Deployment',
      `${container}.image`,
      expect.stringMatching(/^mirror\.example:5000\/team\/caracal-gate-exporter@sha256:/),
    ],
    [
      'global.imageRegistry for images of others',
      'Job/rollout-gate-grants-sql',
      `${container}.image`,
      'mirror.example:5000/postgres:18',
    ],
    [
      'global.imagePullSecrets',
      'Deployment',
      `${pod}.imagePullSecrets`,
      [{ name: 'mirror-login' }, { name: 'registry-login' }],
    ],
    [
      'podSecurityContext',
      'Deployment',
      `${pod}.securityContext`,
      { ...secured, runAsUser: 1_000_700_000, runAsGroup: 0 },
    ],
    ['podSecurityContext without a key', 'Deployment', `${pod}.securityContext.fsGroup`, undefined],
    [
      'grants.postgres.runAsUser',
      'Job/rollout-gate-grants-sql',
      `${pod}.securityContext`,
      { ...secured, runAsUser: 999 },
    ],
    [
      'startupProbe',
      'Deployment',
      `${container}.startupProbe`,
      { periodSeconds: 5, httpGet: { path: '/healthz', port: 'http', scheme: 'HTTPS' } },
    ],
    [
      'livenessProbe of another way',
      'Deployment',
      `${container}.livenessProbe`,
      { tcpSocket: { port: 'http' } },
    ],
    ['livenessProbe without ours', 'Deployment', `${container}.livenessProbe.httpGet`, undefined],
    [
      'readinessProbe.httpGet',
      'Deployment',
      `${container}.readinessProbe.httpGet`,
      { path: '/readyz', port: 'http', httpHeaders: [{ name: 'x-from', value: 'kubelet' }] },
    ],
    ['extraEnvFrom', 'Deployment', `${container}.envFrom.0`, { configMapRef: { name: 'gate-more' } }],
    [
      'extraContainers',
      'Deployment',
      `${pod}.containers.1`,
      { name: 'beside', image: 'registry.example/gate-beside:1' },
    ],
    [
      'initContainers',
      'Deployment',
      `${pod}.initContainers.0`,
      { name: 'first', image: 'registry.example/gate-beside:1' },
    ],
    ['extraObjects', 'ConfigMap/gate-more', 'metadata.namespace', 'gate'],
    ['extraObjects as text', 'ConfigMap/more', 'metadata.namespace', 'gate'],
    ['ingress', 'Ingress', 'spec', { ingressClassName: 'nginx', tls: [{ hosts: ['gate.example.com'] }] }],
    ['ingress.hosts', 'Ingress', 'spec.rules.0.http.paths.0', { path: '/', pathType: 'Prefix' }],
    [
      'ingress.hosts below a path',
      'Ingress',
      'spec.rules.1.http.paths.0',
      { path: '/gate(/|$)(.*)', pathType: 'ImplementationSpecific' },
    ],
    [
      'serviceMonitor.namespace',
      'ServiceMonitor',
      'metadata',
      { namespace: 'monitoring', annotations: { 'example.com/scraped': 'true' } },
    ],
    [
      'serviceMonitor labels',
      'ServiceMonitor',
      'spec',
      {
        jobLabel: 'app.kubernetes.io/name',
        targetLabels: ['tier'],
        podTargetLabels: ['team'],
        namespaceSelector: { matchNames: ['gate'] },
      },
    ],
    [
      'serviceMonitor of an endpoint',
      'ServiceMonitor',
      'spec.endpoints.0',
      { honorLabels: true, scheme: 'https' },
    ],
    [
      'prometheusRule.namespace',
      'PrometheusRule',
      'metadata',
      { namespace: 'monitoring', labels: { release: 'prometheus' } },
    ],
  ])('shows in what is rendered: %s', (_, object, path, shows) => {
    const [kind = '', name] = object.split('/')
    const found = at(theOne(everything, kind, name), path)
    if (typeof shows === 'object' && shows !== null && !('sample' in shows))
      expect(found).toMatchObject(shows)
    else expect(found).toEqual(shows)
  })

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
    expect(specs).toHaveLength(4)
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
