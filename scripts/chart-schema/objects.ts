// Values that say how objects of the chart look to Kubernetes and to the Prometheus Operator.
import type { Alert } from '../../alerts/source/alert.ts'
import { gateGroup } from '../../alerts/source/index.ts'
import { askedPhases } from '../../src/core/rollout.ts'
import type { ApiSchemas } from './api.ts'
import {
  flag,
  text,
  anyObject,
  texts,
  tags,
  name,
  nameOrNone,
  duration,
  port,
  linkOrNone,
  peers,
  fields,
  certificate,
  secretKey,
  type Schema,
} from './shapes.ts'

export const serviceMonitor = fields({
  enabled: flag,
  namespace: nameOrNone,
  labels: tags,
  annotations: tags,
  interval: duration,
  scrapeTimeout: duration,
  jobLabel: text,
  targetLabels: texts,
  podTargetLabels: texts,
  honorLabels: flag,
  scheme: { enum: ['', 'http', 'https'] },
  tlsConfig: anyObject,
  authorization: secretKey,
  relabelings: peers,
  metricRelabelings: peers,
})

/** What a mirror is asked about, as `caracal-gate mirror` takes it. */
export function mirror(api: ApiSchemas): Schema {
  const subject = '^[a-z0-9-]{1,63}(/[a-z0-9-]{1,63})?$'
  const bySubject = (value: Schema): Schema => ({
    type: 'object',
    patternProperties: { [subject]: value },
    additionalProperties: false,
  })
  return fields({
    enabled: flag,
    rollout: { type: 'string', maxLength: 200 },
    images: bySubject({ type: 'string', pattern: '^\\S+$' }),
    digests: bySubject({ type: 'string', pattern: '^sha256:[0-9a-f]{64}$' }),
    revision: { type: ['string', 'integer'], pattern: '^[0-9]{0,10}$', minimum: 1 },
    chart: text,
    appVersion: text,
    phase: { enum: ['', ...askedPhases] },
    steady: { anyOf: [{ const: '' }, duration] },
    token: secretKey,
    ca: certificate,
    labels: tags,
    annotations: tags,
    resources: api.of('ResourceRequirements'),
  })
}

const severity: Schema = { enum: ['critical', 'warning', 'info', 'none'] satisfies Alert['severity'][] }

/** Two alerts that differ by their severity alone would be one, so that these take no other. */
export function prometheusRule(): Schema {
  const byName = Map.groupBy(gateGroup().alerts, ({ name: alert }) => alert)
  const each = (schema: (alerts: readonly Alert[]) => Schema) =>
    fields(Object.fromEntries([...byName].map(([alert, alerts]) => [alert, schema(alerts)])))
  return fields({
    enabled: flag,
    namespace: nameOrNone,
    labels: tags,
    annotations: tags,
    runbookBaseUrl: linkOrNone,
    grafanaUrl: linkOrNone,
    disabled: each(() => flag),
    customRules: each((alerts) => fields({ for: duration, ...(alerts.length === 1 && { severity }) })),
    additionalRuleLabels: tags,
    additionalRuleAnnotations: tags,
    extraGroups: peers,
  })
}

export const service = fields({
  type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  port,
  sessionAffinity: { enum: ['ClientIP', 'None'] },
  labels: tags,
  annotations: tags,
  spec: fields({
    nodePort: port,
    clusterIP: text,
    externalIPs: texts,
    externalTrafficPolicy: { enum: ['Cluster', 'Local'] },
    internalTrafficPolicy: { enum: ['Cluster', 'Local'] },
    ipFamilies: texts,
    ipFamilyPolicy: { enum: ['SingleStack', 'PreferDualStack', 'RequireDualStack'] },
    loadBalancerClass: text,
    loadBalancerIP: text,
    loadBalancerSourceRanges: texts,
    trafficDistribution: text,
  }),
})

const ingressPath = fields(
  {
    path: { type: 'string', pattern: '^/\\S*$' },
    pathType: { enum: ['Prefix', 'Exact', 'ImplementationSpecific'] },
  },
  ['path'],
)
const ingressHost: Schema = {
  type: 'string',
  pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$',
}
export const ingress = fields({
  enabled: flag,
  className: nameOrNone,
  labels: tags,
  annotations: tags,
  hosts: {
    type: 'array',
    items: fields({ host: ingressHost, paths: { type: 'array', items: ingressPath } }, ['host']),
  },
  tls: { type: 'array', items: fields({ secretName: name, hosts: { type: 'array', items: ingressHost } }) },
})

/** Where pods go, what they may, and what is put beside the container: fields that the chart hands on. */
export function pods(api: ApiSchemas): Record<string, Schema> {
  return {
    resources: api.of('ResourceRequirements'),
    podSecurityContext: api.of('PodSecurityContext'),
    containerSecurityContext: api.of('SecurityContext'),
    startupProbe: api.of('Probe'),
    livenessProbe: api.of('Probe'),
    readinessProbe: api.of('Probe'),
    deploymentLabels: tags,
    deploymentAnnotations: tags,
    podAnnotations: tags,
    podLabels: tags,
    priorityClassName: nameOrNone,
    nodeSelector: tags,
    tolerations: api.listOf('Toleration'),
    affinity: api.of('Affinity'),
    topologySpreadConstraints: api.listOf('TopologySpreadConstraint'),
    dnsPolicy: { enum: ['', 'Default', 'ClusterFirst', 'ClusterFirstWithHostNet', 'None'] },
    dnsConfig: api.of('PodDNSConfig'),
    hostAliases: api.listOf('HostAlias'),
    terminationGracePeriodSeconds: { type: 'integer', minimum: 6, maximum: 3600 },
    revisionHistoryLimit: { type: 'integer', minimum: 0 },
    extraEnv: api.listOf('EnvVar'),
    extraEnvFrom: api.listOf('EnvFromSource'),
    extraVolumes: api.listOf('Volume'),
    extraVolumeMounts: api.listOf('VolumeMount'),
    extraContainers: api.listOf('Container'),
    initContainers: api.listOf('Container'),
    extraObjects: { type: 'array', items: { type: ['object', 'string'] } },
  }
}
