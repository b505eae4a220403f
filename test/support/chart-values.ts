import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { chartFolder, type Values } from './chart.ts'

const secret = (key: string) => ({ secretName: 'gate-secrets', key })
const peer = { namespaceSelector: { matchLabels: { team: 'platform' } } }

/** As little as somebody says who has the platform's defaults. */
const minimal: Values = {
  image: { repository: 'registry.example/caracal-gate-exporter' },
  redis: { url: 'rediss://redis.example:6380/0' },
  postgres: { url: 'postgres://caracal_gate@postgres.example/caracal' },
}

const everythingOn: Values = {
  image: {
    repository: 'registry.example:5000/team/caracal-gate-exporter',
    digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
    pullPolicy: 'Always',
  },
  imagePullSecrets: [{ name: 'registry-login' }],
  fullnameOverride: 'rollout-gate',
  commonLabels: { team: 'platform' },
  replicaCount: 3,
  release: { name: 'production', namespace: 'caracal', appName: 'caracal' },
  kubernetes: {
    helmSecrets: { enabled: true },
    secretReferences: { names: ['caracal-runtime', 'caracal-metrics'] },
  },
  metricsBearer: secret('metricsBearer'),
  redis: {
    url: 'rediss://redis.example:6380/2',
    password: secret('redisPassword'),
    tls: {
      servername: 'redis.internal',
      ca: { configMapName: 'authorities', key: 'redis.pem' },
      clientCertificate: { secretName: 'redis-client' },
    },
    memoryLimit: '2GiB',
  },
  postgres: {
    url: 'postgres://gate_reader@postgres.example:6432/caracal',
    password: secret('postgresPassword'),
    tls: { ca: secret('postgres-ca'), clientCertificate: { secretName: 'postgres-client' } },
  },
  servicesCa: secret('services-ca'),
  tokens: [
    { name: 'pipeline', scopes: ['rollout', 'evidence'], ...secret('pipelineToken') },
    { name: 'on-call', scopes: ['acknowledge'], ...secret('onCallToken') },
  ],
  readTokens: [secret('readToken'), secret('prometheusToken')],
  http: { tls: { secretName: 'gate-tls' } },
  config: {
    migrations: { expected: ['0001_baseline', '0002_approval_hardening'] },
    limits: { redis: { memoryRatio: { trip: 0.85, clear: 0.8 } }, readiness: { lostFor: '90s' } },
    gates: { 'render-validation': { enabled: false, reason: 'staging has no pipeline' } },
    checks: { 'audit-ingestion': 'off' },
    rollout: { steady: '1m' },
    services: { api: { poolSize: 10 } },
    log: { level: 'debug' },
    runbookBaseUrl: 'https://runbooks.example/caracal',
  },
  serviceAccount: { annotations: { 'example.com/role': 'gate' } },
  service: { type: 'LoadBalancer', port: 443, sessionAffinity: 'None', annotations: { zone: 'internal' } },
  podAnnotations: { 'example.com/injected': 'false' },
  podLabels: { tier: 'operations' },
  priorityClassName: 'system-cluster-critical',
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'operations', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { nodeAffinity: {} },
  topologySpreadConstraints: [
    { maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
  ],
  extraEnv: [{ name: 'CARACAL_GATE_LOG_LEVEL', value: 'info' }],
  extraVolumes: [{ name: 'scratch', emptyDir: {} }],
  extraVolumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
  networkPolicy: {
    ingress: { from: [peer] },
    egress: {
      dns: { to: [peer], ports: [53, 9053] },
      apiServer: { to: [{ ipBlock: { cidr: '10.0.0.1/32' } }], ports: [443] },
      redis: { to: [peer] },
      postgres: { to: [peer] },
      extra: [{ to: [peer], ports: [{ protocol: 'TCP', port: 3128 }] }],
    },
    platform: { enabled: true },
  },
  serviceMonitor: {
    enabled: true,
    labels: { release: 'prometheus' },
    authorization: secret('prometheusToken'),
    relabelings: [{ action: 'labeldrop', regex: 'pod_template_hash' }],
    metricRelabelings: [{ action: 'drop', sourceLabels: ['__name__'], regex: 'unused' }],
  },
  prometheusRule: {
    enabled: true,
    labels: { release: 'prometheus' },
    extraGroups: [{ name: 'own', rules: [{ alert: 'Own', expr: 'vector(1)' }] }],
  },
  dashboards: { enabled: true, namespace: 'monitoring', annotations: { folder: 'Caracal' } },
  grants: {
    postgres: { enabled: true, adminPassword: secret('postgresAdminPassword') },
    redis: { enabled: true, adminUser: 'admin', adminPassword: secret('redisAdminPassword'), save: true },
  },
}

const everythingOff: Values = {
  kubernetes: { secretReferences: { names: [] } },
  metricsBearer: { secretName: '' },
  redis: { username: '', password: { secretName: '' } },
  postgres: { password: { secretName: '' }, tls: { mode: 'off' } },
  serviceAccount: { create: false },
  rbac: { create: false },
  state: { create: false },
  podDisruptionBudget: { enabled: false },
  networkPolicy: { enabled: false },
  tests: { enabled: false },
}

/** What the guide tells people to write. */
function guide(): Values {
  const text = readFileSync(join(chartFolder, '../docs/install-kubernetes.md'), 'utf8')
  const [, values = ''] = /```yaml\n([^]*?)```/.exec(text) ?? []
  return parse(values) as Values
}

/** Values by what they stand for, from nothing said to everything said. */
export const chartValues: Readonly<Record<string, Values>> = {
  defaults: {},
  minimal,
  guide: guide(),
  'everything on': everythingOn,
  'everything off': everythingOff,
  'one replica': { ...minimal, replicaCount: 1 },
  'another namespace': { ...minimal, release: { name: 'caracal', namespace: 'elsewhere' } },
  'existing objects': {
    ...minimal,
    serviceAccount: { create: false, name: 'gate-reader' },
    state: { create: false, configMapName: 'gate-memory' },
  },
  sentinel: {
    redis: {
      url: '',
      sentinel: {
        name: 'caracal',
        nodes: ['sentinel-0:26379', 'sentinel-1:26380'],
        username: 'watcher',
        password: secret('sentinelPassword'),
      },
      tls: { enabled: true },
    },
  },
  cluster: { redis: { url: '', cluster: { nodes: ['redis-0:6379', 'redis-1:6380'] } } },
}
