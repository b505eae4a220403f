// The JSON Schema of the chart's values (helm/values.schema.json): what the chart itself takes, and under `config` the
// parts of the daemon's configuration that the chart doesn't write. Helm refuses values that it does not allow.
import { canaryOptions } from '../src/cli/canary/options.ts'
import { publishedSchema, type Known } from '../src/config/keys.ts'
import { scopes } from '../src/config/access-schema.ts'
import { configSchema } from '../src/config/schema.ts'
import { apiSchemas, type ApiSchemas } from './chart-schema/api.ts'
import { ingress, mirror, pods, prometheusRule, service, serviceMonitor } from './chart-schema/objects.ts'
import {
  flag,
  text,
  anyObject,
  duration,
  texts,
  tags,
  name,
  linkOrNone,
  nameOrNone,
  hostName,
  key,
  ports,
  registry,
  userId,
  peers,
  fields,
  certificate,
  secretKey,
  type Schema,
} from './chart-schema/shapes.ts'

/** What the chart writes into the configuration; it can't be under `config` too. */
const writtenByChart: readonly string[] = [
  'release',
  'kubernetes',
  'metricsBearer',
  'tls',
  'redis',
  'postgres',
  'http',
  'tokens',
  'exports',
  'state',
  'recording',
]

const wholeSecretKey = { secretName: name, key: { type: 'string', pattern: '^[-._a-zA-Z0-9]+$' } }
const clientCertificate = fields({ secretName: nameOrNone })

const token = fields(
  {
    ...wholeSecretKey,
    // It becomes the name of a file.
    name: { type: 'string', pattern: '^[a-zA-Z0-9][-._a-zA-Z0-9]{0,62}$' },
    scopes: { type: 'array', items: { enum: scopes }, minItems: 1, uniqueItems: true },
  },
  ['name', 'secretName', 'key', 'scopes'],
)

const redis = fields({
  url: { type: 'string', pattern: '^$|^rediss?://[^/:@]+(:[0-9]+)?(/[0-9]*)?$' },
  username: { type: 'string', pattern: '^\\S{0,128}$' },
  password: secretKey,
  sentinel: fields({ name: text, nodes: texts, username: text, password: secretKey }),
  cluster: fields({ nodes: texts }),
  tls: fields({ enabled: flag, servername: text, ca: certificate, clientCertificate }),
  memoryLimit: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?([KMGT]i)?B)?$' },
})

const postgres = fields({
  url: { type: 'string', pattern: '^postgres(ql)?://[^/:@]+@[^/:@]+(:[0-9]+)?/[^/?]+$' },
  password: secretKey,
  tls: fields({
    // Helm reads YAML 1.1, where off is false.
    mode: { enum: ['verify-full', 'off', false] },
    ca: certificate,
    clientCertificate,
  }),
})

const networkPolicy = fields({
  enabled: flag,
  ingress: fields({ from: { type: ['array', 'null'], items: anyObject } }),
  egress: fields({
    dns: fields({ to: peers, ports }),
    apiServer: fields({ to: peers, ports }),
    redis: fields({ to: peers }),
    postgres: fields({ to: peers }),
    alerting: fields({ to: peers }),
    extra: peers,
  }),
  platform: fields({ enabled: flag, ports }),
})

const grant = { enabled: flag, image: text, runAsUser: userId, adminUser: text, adminPassword: secretKey }

/** Keys of the canary's settings file; the chart mounts its secrets itself. */
const canaryKeys = Object.keys(canaryOptions).filter(
  (name) => !['config', 'clientSecretFile', 'readerTokenFile', 'platformCaFile'].includes(name),
)
const canaryLists = ['sts', 'gateway', 'label']

/** Helm gives it to every chart that is part of another one, so that it may hold what is meant for others. */
const global: Schema = {
  type: 'object',
  properties: {
    imageRegistry: registry,
    imagePullSecrets: { type: 'array', items: { anyOf: [name, fields({ name }, ['name'])] } },
    compatibility: {
      type: 'object',
      properties: {
        openshift: {
          type: 'object',
          properties: { adaptSecurityContext: { enum: ['auto', 'force', 'disabled', ''] } },
        },
      },
    },
  },
}

function config(known: Known): Schema {
  const { properties } = publishedSchema(configSchema(known)) as { properties: Record<string, Schema> }
  const kept = Object.entries(properties).filter(([name]) => !writtenByChart.includes(name))
  return { ...fields(Object.fromEntries(kept)), description: 'See docs/reference/configuration.md.' }
}

/** Helm matches patterns by RE2, which has no lookahead; the daemon still refuses what they would. */
function withoutLookahead(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutLookahead)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).filter(
    ([name, value]) => !(name === 'pattern' && typeof value === 'string' && /\(\?[=!<]/.test(value)),
  )
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutLookahead(value)]))
}

function values(known: Known, api: ApiSchemas): Schema {
  return fields({
    // As the condition of a chart that depends on this one.
    enabled: flag,
    global,
    image: fields({
      registry,
      repository: { type: 'string', minLength: 1, pattern: '^[^:@ ]+(:[0-9]+/[^:@ ]+)?$' },
      tag: { type: 'string', pattern: '^[-._a-zA-Z0-9]{0,128}$' },
      digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
      pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
    }),
    imagePullSecrets: { type: 'array', items: fields({ name }, ['name']) },
    nameOverride: nameOrNone,
    fullnameOverride: nameOrNone,
    namespaceOverride: nameOrNone,
    commonLabels: tags,
    commonAnnotations: tags,
    replicaCount: { type: 'integer', minimum: 1, maximum: 5 },
    release: fields({ name, namespace: nameOrNone, appName: name }),
    kubernetes: fields({
      helmSecrets: fields({ enabled: flag }),
      secretReferences: fields({ names: { type: 'array', items: name, uniqueItems: true } }),
      events: fields({ enabled: flag }),
    }),
    metricsBearer: secretKey,
    redis,
    postgres,
    servicesCa: certificate,
    tokens: { type: 'array', items: token },
    readTokens: { type: 'array', items: fields(wholeSecretKey, ['secretName', 'key']) },
    exports: fields({ signingKey: secretKey }),
    http: fields({
      hosts: { type: 'array', items: hostName, uniqueItems: true },
      externalUrl: linkOrNone,
      page: fields({ acknowledge: flag }),
      tls: fields({ secretName: nameOrNone, caKey: key }),
    }),
    config: config(known),
    state: fields({ configMapName: nameOrNone, create: flag }),
    recording: fields({
      enabled: flag,
      sizeMiB: { type: 'integer', minimum: 1, maximum: 1_048_576 },
      maxAge: duration,
    }),
    serviceAccount: fields({ create: flag, name: nameOrNone, annotations: tags }),
    rbac: fields({ create: flag }),
    service,
    ingress,
    ...pods(api),
    podDisruptionBudget: fields({
      enabled: flag,
      maxUnavailable: { type: ['integer', 'string'], pattern: '^[0-9]+%$', minimum: 1 },
    }),
    networkPolicy,
    mirror: mirror(api),
    serviceMonitor,
    prometheusRule: prometheusRule(),
    dashboards: fields({ enabled: flag, namespace: nameOrNone, labels: tags, annotations: tags }),
    grants: fields({
      postgres: fields(grant),
      redis: fields({ ...grant, save: flag }),
    }),
    tests: fields({ enabled: flag }),
    canary: fields({
      enabled: flag,
      schedule: text,
      test: flag,
      settings: fields(
        Object.fromEntries(canaryKeys.map((name) => [name, canaryLists.includes(name) ? texts : text])),
      ),
      clientSecret: secretKey,
      readerToken: secretKey,
      evidenceToken: secretKey,
      validFor: duration,
    }),
  })
}

/** The generated file by its path. */
export function chartFiles(known: Known): Readonly<Record<string, string>> {
  const api = apiSchemas()
  const taken = values(known, api)
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart caracal-gate-exporter',
    ...(withoutLookahead(taken) as Schema),
    definitions: api.definitions(),
  }
  return { 'helm/values.schema.json': `${JSON.stringify(schema, null, 2)}\n` }
}
