import { beforeAll, describe, expect, it } from 'vitest'
import { renderChart, theOne, type Rendered } from '../support/chart.ts'
import { canaryValues } from '../support/chart-canary.ts'
import { chartValues } from '../support/chart-values.ts'

const charts = new Map<string, readonly Rendered[]>()

beforeAll(async () => {
  for (const [name, values] of Object.entries(chartValues)) charts.set(name, await renderChart(values))
})

function objects(name: string): readonly Rendered[] {
  return charts.get(name) ?? []
}

describe('two replicas', () => {
  it('start before others end, on nodes and zones of their own where there are any', () => {
    const { spec } = theOne(objects('defaults'), 'Deployment')
    expect(spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        spec: {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } },
              ],
            },
          },
          topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone' }],
        },
      },
    })
  })

  it('are not drained together; one alone is not in the way of a drain', () => {
    expect(theOne(objects('defaults'), 'PodDisruptionBudget')['spec']).toMatchObject({ maxUnavailable: 1 })
    expect(objects('one replica').filter(({ kind }) => kind === 'PodDisruptionBudget')).toEqual([])
  })

  it('are taken for alive while they answer, and for ready while they judge', () => {
    const probes = {
      startupProbe: { httpGet: { path: '/healthz', scheme: 'HTTP' } },
      livenessProbe: { httpGet: { path: '/healthz' } },
      readinessProbe: { httpGet: { path: '/readyz' } },
    }
    expect(theOne(objects('defaults'), 'Deployment')['spec']).toMatchObject({
      template: { spec: { containers: [probes] } },
    })
  })
})

interface Policy {
  readonly ingress?: readonly {
    readonly from: readonly object[]
    readonly ports: readonly { port: unknown }[]
  }[]
  readonly egress?: readonly {
    readonly to?: readonly object[]
    readonly ports: readonly { port: unknown }[]
  }[]
}

describe('the network', () => {
  const own = (name: string) => (name === 'everything on' ? 'rollout-gate' : 'gate-caracal-gate-exporter')
  const policy = (name: string, object = own(name)) =>
    theOne(objects(name), 'NetworkPolicy', object)['spec'] as Policy

  it('admits the cluster to one port', () => {
    expect(policy('defaults').ingress).toEqual([
      { from: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 'http' }] },
    ])
  })

  it.each([
    ['defaults', [6379], [5432]],
    ['minimal', [6380], [5432]],
    ['everything on', [6380], [6432]],
    ['sentinel', [6379, 26_379, 26_380], [5432]],
    ['cluster', [6379, 6380], [5432]],
  ])('lets it out to the ports of its dependencies: %s', (name, redis, postgres) => {
    const ports = (policy(name).egress ?? []).map((rule) => rule.ports.map(({ port }) => port))
    expect(ports.slice(2, 5)).toEqual([redis, postgres, [3000, 8080, 8081, 9090, 4000, 3002]])
  })

  it('lets it out to Prometheus and Alertmanager where the configuration names them', async () => {
    const alerting = {
      prometheus: { url: 'http://prometheus.monitoring:9090/route' },
      alertmanager: { urls: ['https://alertmanager.example', 'http://alertmanager-1:9093'] },
    }
    const to = [{ podSelector: {} }]
    const chart = await renderChart({ config: { alerting }, networkPolicy: { egress: { alerting: { to } } } })
    const { egress = [] } = theOne(chart, 'NetworkPolicy')['spec'] as Policy
    expect(egress.at(-1)).toEqual({
      to,
      ports: [9090, 443, 9093].map((port) => ({ protocol: 'TCP', port })),
    })
    expect(policy('defaults').egress).toHaveLength(egress.length - 1)
  })

  it('opens the platform to the exporter, by a policy beside its own, only when asked to', () => {
    expect(objects('defaults').filter(({ kind }) => kind === 'NetworkPolicy')).toHaveLength(1)
    const spec = policy('everything on', 'rollout-gate-looks')
    expect(spec).toMatchObject({ policyTypes: ['Ingress'] })
    expect(spec.ingress).toEqual([
      {
        // The canary calls what the exporter only probes.
        from: ['caracal-gate-exporter', 'caracal-gate-exporter-canary'].map((name) => ({
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gate' } },
          podSelector: {
            matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': 'gate' },
          },
        })),
        ports: [3000, 8080, 8081, 9090, 4000, 3002].map((port) => ({ protocol: 'TCP', port })),
      },
    ])
  })
})

describe('R272: the network of the canary', () => {
  const name = 'rollout-gate-canary'
  const egress = ({ egress: rules = [] }: Policy) =>
    rules.map(({ to, ports }) => [ports.map(({ port }) => port), to !== undefined])

  it('is out to name servers, the services that it calls and the exporter, and not in', async () => {
    const { spec } = theOne(objects('everything on'), 'NetworkPolicy', name)
    expect(spec).toMatchObject({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'caracal-gate-exporter-canary' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
    })
    expect(egress(spec as Policy).slice(1)).toEqual([
      [[3000, 4000, 8081, 8080], true],
      [[9465], true],
    ])
    const own = theOne(objects('everything on'), 'NetworkPolicy', 'rollout-gate')['spec'] as Policy
    const from = own.ingress?.flatMap((rule) => rule.from)
    const { podSelector } = spec as { readonly podSelector: object }
    expect(from).toContainEqual({ podSelector })
  })

  it('is out to addresses that the values name, and not to the exporter without a push', async () => {
    const settings = {
      ...(canaryValues['settings'] as object),
      sts: ['https://sts.example', 'http://sts-1.example:9000'],
      api: 'http://api.example',
    }
    const canary = { ...canaryValues, settings, evidenceToken: { secretName: '' } }
    const chart = await renderChart({ ...chartValues['minimal'], canary })
    const policy = theOne(chart, 'NetworkPolicy', 'gate-caracal-gate-exporter-canary')
    expect(egress(policy['spec'] as Policy).slice(1)).toEqual([
      [[4000, 8081], true],
      [[80, 443, 9000], false],
    ])
  })

  it('is not limited where the chart limits none', async () => {
    const chart = await renderChart({
      ...chartValues['minimal'],
      canary: canaryValues,
      networkPolicy: { enabled: false },
    })
    expect(chart.filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([])
  })
})

describe('Prometheus', () => {
  it('shows a token where reading needs one, and checks the certificate', () => {
    const { spec } = theOne(objects('everything on'), 'ServiceMonitor')
    expect(spec).toMatchObject({
      endpoints: [
        {
          scheme: 'https',
          authorization: { credentials: { name: 'gate-secrets', key: 'prometheusToken' } },
          tlsConfig: {
            serverName: 'rollout-gate.gate.svc',
            ca: { secret: { name: 'gate-tls', key: 'ca.crt' } },
          },
        },
      ],
    })
  })

  it('takes the first token that may read, unless another is named', async () => {
    const readTokens = [{ secretName: 'readers', key: 'one' }]
    const chart = await renderChart({ readTokens, serviceMonitor: { enabled: true } })
    expect(theOne(chart, 'ServiceMonitor')['spec']).toMatchObject({
      endpoints: [{ authorization: { type: 'Bearer', credentials: { name: 'readers', key: 'one' } } }],
    })
  })
})
