import type { KubernetesObject } from '../../rig/kubernetes/objects.ts'

// As much of the Prometheus Operator's definitions as the chart uses, written after its API reference
// (monitoring.coreos.com/v1). A real API server then refuses what they do not know.

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string' }
const texts: Schema = { type: 'array', items: text }
const tags: Schema = { type: 'object', additionalProperties: text }
const duration: Schema = { type: 'string', pattern: '^(0|([0-9]+(ms|s|m|h|d|w|y))+)$' }

function object(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, ...(required.length > 0 && { required }) }
}

function list(items: Schema): Schema {
  return { type: 'array', items }
}

const key = object({ name: text, key: text, optional: { type: 'boolean' } }, ['key'])
const relabeling = object({
  action: { enum: ['replace', 'keep', 'drop', 'labeldrop', 'labelkeep', 'labelmap'], ...text },
  regex: text,
  replacement: text,
  sourceLabels: texts,
  targetLabel: text,
})

const serviceMonitorSpec = object(
  {
    selector: object({ matchLabels: tags }),
    jobLabel: text,
    targetLabels: texts,
    podTargetLabels: texts,
    namespaceSelector: object({ any: { type: 'boolean' }, matchNames: texts }),
    endpoints: list(
      object({
        port: text,
        path: text,
        scheme: { enum: ['http', 'https'], ...text },
        honorLabels: { type: 'boolean' },
        interval: duration,
        scrapeTimeout: duration,
        authorization: object({ type: text, credentials: key }),
        tlsConfig: object({
          insecureSkipVerify: { type: 'boolean' },
          serverName: text,
          ca: object({ secret: key, configMap: key }),
        }),
        relabelings: list(relabeling),
        metricRelabelings: list(relabeling),
      }),
    ),
  },
  ['endpoints', 'selector'],
)

const prometheusRuleSpec = object({
  groups: list(
    object(
      {
        name: text,
        interval: duration,
        rules: list(
          object(
            {
              alert: text,
              record: text,
              expr: text,
              for: duration,
              keep_firing_for: duration,
              labels: tags,
              annotations: tags,
            },
            ['expr'],
          ),
        ),
      },
      ['name'],
    ),
  ),
})

function definition(kind: string, plural: string, spec: Schema): KubernetesObject {
  const group = 'monitoring.coreos.com'
  const made = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  }
  return made
}

export const monitoringDefinitions: readonly KubernetesObject[] = [
  definition('ServiceMonitor', 'servicemonitors', serviceMonitorSpec),
  definition('PrometheusRule', 'prometheusrules', prometheusRuleSpec),
]
