import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { mirrored } from './chart-mirror.ts'
import { canaryValues } from './chart-canary.ts'
import { chartFolder, type Values } from './chart.ts'

const secret = (key: string) => ({ secretName: 'gate-secrets', key })
const peer = { namespaceSelector: { matchLabels: { team: 'platform' } } }

/** As little as somebody says who has the platform's defaults. */
const minimal: Values = {
  image: { repository: 'registry.example/caracal-gate-exporter' },
  redis: { url: 'rediss://redis.example:6380/0' },
  postgres: { url: 'postgres://caracal_gate@postgres.example/caracal' },
}

/** As an operator writes a container of his own: with the rights that the chart's have. */
const beside = (name: string) => ({
  name,
  image: 'registry.example/{{ .Release.Name }}-beside:1',
  resources: { requests: { cpu: '10m' }, limits: { memory: '32Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
})

const everythingOn: Values = {
  enabled: true,
  global: {
    imageRegistry: 'mirror.example:5000',
    imagePullSecrets: ['mirror-login', { name: 'registry-login' }],
  },
  image: {
    registry: 'registry.example:5000',
    repository: 'team/caracal-gate-exporter',
    digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
    pullPolicy: 'Always',
  },
  imagePullSecrets: [{ name: 'registry-login' }],
  fullnameOverride: 'rollout-gate',
  namespaceOverride: 'gate',
  commonLabels: { team: 'platform' },
  commonAnnotations: { 'example.com/owner': 'platform' },
  replicaCount: 3,
  release: { name: 'production', namespace: 'caracal', appName: 'caracal' },
  kubernetes: {
    helmSecrets: { enabled: true },
    secretReferences: { names: ['caracal-runtime', 'caracal-metrics'] },
  },
  metricsBearer: secret('metricsBearer'),
  recording: { enabled: true, sizeMiB: 64, maxAge: '24h' },
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
  exports: { signingKey: secret('signingKey') },
  tokens: [
    { name: 'pipeline', scopes: ['rollout', 'evidence'], ...secret('pipelineToken') },
    { name: 'on-call', scopes: ['acknowledge'], ...secret('onCallToken') },
  ],
  readTokens: [secret('readToken'), secret('prometheusToken')],
  http: { externalUrl: 'https://ops.example.com/gate', tls: { secretName: 'gate-tls' } },
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
  service: {
    type: 'LoadBalancer',
    port: 443,
    sessionAffinity: 'None',
    labels: { tier: 'operations' },
    annotations: { zone: 'internal' },
    spec: { nodePort: 30_465, loadBalancerClass: 'example.com/internal', externalTrafficPolicy: 'Local' },
  },
  ingress: {
    enabled: true,
    className: 'nginx',
    labels: { tier: 'operations' },
    annotations: { 'nginx.ingress.kubernetes.io/rewrite-target': '/$2' },
    hosts: [
      { host: 'gate.example.com' },
      { host: 'ops.example.com', paths: [{ path: '/gate(/|$)(.*)', pathType: 'ImplementationSpecific' }] },
      { host: '*.gates.example.com', paths: [{ path: '/' }] },
    ],
    tls: [{ secretName: 'gate-example-com', hosts: ['gate.example.com'] }],
  },
  podSecurityContext: { runAsUser: 1_000_700_000, runAsGroup: 0, fsGroup: null, supplementalGroups: [4_000] },
  startupProbe: { periodSeconds: 5 },
  livenessProbe: { tcpSocket: { port: 'http' } },
  readinessProbe: { httpGet: { httpHeaders: [{ name: 'x-from', value: 'kubelet' }] } },
  deploymentLabels: { tier: 'operations' },
  deploymentAnnotations: { 'reloader.stakater.com/auto': 'true' },
  podAnnotations: { 'example.com/injected': 'false' },
  podLabels: { tier: 'operations' },
  priorityClassName: 'system-cluster-critical',
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'operations', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'pool', operator: 'In', values: ['operations'] }] }],
      },
    },
  },
  dnsPolicy: 'None',
  dnsConfig: { nameservers: ['10.0.0.10'], options: [{ name: 'ndots', value: '2' }] },
  hostAliases: [{ ip: '10.0.0.20', hostnames: ['redis.example'] }],
  topologySpreadConstraints: [
    { maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
  ],
  extraEnv: [{ name: 'CARACAL_GATE_LOG_LEVEL', value: 'info' }],
  extraEnvFrom: [{ configMapRef: { name: '{{ .Release.Name }}-more', optional: true } }],
  extraContainers: [beside('beside')],
  initContainers: [beside('first')],
  extraObjects: [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: '{{ .Release.Name }}-more', namespace: 'gate' },
    },
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {{ dict "name" "more" "namespace" .Release.Namespace | toJson }}\n',
  ],
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
    namespace: 'monitoring',
    labels: { release: 'prometheus' },
    annotations: { 'example.com/scraped': 'true' },
    jobLabel: 'app.kubernetes.io/name',
    targetLabels: ['tier'],
    podTargetLabels: ['team'],
    honorLabels: true,
    scheme: 'https',
    authorization: secret('prometheusToken'),
    relabelings: [{ action: 'labeldrop', regex: 'pod_template_hash' }],
    metricRelabelings: [{ action: 'drop', sourceLabels: ['__name__'], regex: 'unused' }],
  },
  prometheusRule: {
    enabled: true,
    namespace: 'monitoring',
    labels: { release: 'prometheus' },
    annotations: { 'example.com/rules': 'true' },
    disabled: { CaracalGateExporterWatchdog: true, CaracalStopStsUnready: false },
    customRules: {
      CaracalRolloutHoldLong: { for: '2h', severity: 'critical' },
      CaracalStopStsUnready: { for: '3m' },
    },
    additionalRuleLabels: { team: 'platform' },
    additionalRuleAnnotations: { chat: '#rollouts' },
    extraGroups: [{ name: 'own', rules: [{ alert: 'Own', expr: 'vector(1)' }] }],
  },
  dashboards: { enabled: true, namespace: 'monitoring', annotations: { folder: 'Caracal' } },
  grants: {
    postgres: { enabled: true, adminPassword: secret('postgresAdminPassword') },
    redis: { enabled: true, adminUser: 'admin', adminPassword: secret('redisAdminPassword'), save: true },
  },
  canary: canaryValues,
}

const everythingOff: Values = {
  kubernetes: { secretReferences: { names: [] }, events: { enabled: false } },
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
  const text = readFileSync(join(chartFolder, '../docs/operate/install-kubernetes.md'), 'utf8')
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
  'a mirror': { ...minimal, ...mirrored },
  openshift: { ...minimal, global: { compatibility: { openshift: { adaptSecurityContext: 'force' } } } },
  'one replica': { ...minimal, replicaCount: 1 },
  'another namespace': { ...minimal, release: { name: 'caracal', namespace: 'elsewhere' } },
  'existing objects': {
    ...minimal,
    serviceAccount: { create: false, name: 'gate-reader' },
    state: { create: false, configMapName: 'gate-memory' },
    serviceMonitor: { enabled: true, scheme: 'https', tlsConfig: { insecureSkipVerify: true } },
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
