import * as z from 'zod'
import { SECOND } from '../core/time.ts'
import { logLevels, scopes } from './config.ts'
import { postgresSchema, redisSchema } from './connection-schema.ts'
import { duration, file, flag, hostPort, list, name, objectName, oneOf, onOff, path } from './fields.ts'
import { secret, text, url } from './fields.ts'
import type { Known } from './known.ts'
import { limitsSchema } from './limits-schema.ts'
import { servicesSchema } from './services-schema.ts'

function isSpan(value: unknown): value is number {
  return typeof value === 'number'
}

interface Pace {
  readonly quiet?: number | undefined
  readonly brisk?: number | undefined
  readonly timeout?: number | undefined
}

function inOrder({ quiet, brisk, timeout }: Pace, context: z.RefinementCtx): void {
  if (!isSpan(quiet)) return
  if (isSpan(brisk) && brisk > quiet)
    context.addIssue({ code: 'custom', path: ['brisk'], message: 'at most quiet, the slower of the two' })
  if (isSpan(timeout) && timeout > quiet)
    context.addIssue({
      code: 'custom',
      path: ['timeout'],
      message: 'at most quiet: a look ends before the next',
    })
}

// Faster looks than these cost the platform more than they tell; slower ones let a document expire.
const pace = z
  .strictObject({
    quiet: duration('How often it looks when all is well and no rollout runs.', 50, 300 * SECOND).optional(),
    brisk: duration('How often it looks otherwise.', 50, 60 * SECOND).optional(),
    timeout: duration('How long one look may take.', 50, 10 * SECOND).optional(),
  })
  // One field that is wrong does not hide that the others contradict each other.
  .superRefine(inOrder, { when: () => true })

function each<Field extends z.ZodType>(ids: readonly string[], field: (id: string) => Field) {
  const entries = ids.map((id): [string, z.ZodOptional<Field>] => [id, field(id).optional()])
  return z.strictObject(Object.fromEntries(entries)).prefault({})
}

const version = text(
  'A version of `schema_migrations`.',
  'a version like 0001_baseline, in quotes when it is all digits',
  /^\S{1,200}$/,
)

const release = z
  .strictObject({
    name: name('Name of the Helm release.').default('caracal'),
    namespace: name('Namespace of the release.').default('caracal'),
  })
  .prefault({})

const servicesCa = 'Certificate authority of service URLs with https; without it the system’s are trusted.'
const servicesTls = z.strictObject({ caFile: file(servicesCa, 'certificate').optional() }).prefault({})

const migrations = z
  .strictObject({
    expected: list('Versions that `schema_migrations` must hold.', version, 'a list of versions').optional(),
    expectedFile: file('The same, one version a line; instead of `expected`.', 'lines').optional(),
  })
  .prefault({})

const kubernetes = z.strictObject({
  enabled: flag(
    '`true`: the release runs in a cluster, and its pods are found there. `false`: there is no cluster, and what needs one is skipped. Without it, what needs one is unknown.',
  ),
  kubeconfig: path(
    'A kubeconfig file; without it the service account of the pod, else the default kubeconfig.',
  ).optional(),
  context: name('Context of the kubeconfig, instead of its current one.').optional(),
  helmSecrets: flag(
    'Read the Secrets in which Helm keeps releases. Without it, what they prove rests on pushed evidence.',
  ).default(false),
})

const http = z
  .strictObject({
    listen: hostPort('Address to listen on; without a host, all of them.', 'listen').prefault(
      '127.0.0.1:9465',
    ),
    hosts: list(
      'Names by which it is asked from outside, such as that of an ingress. While reading needs no token, a request by another name is refused, unless that is an address, a name without a dot, or one under `localhost`, `svc` or `svc.cluster.local`.',
      text(
        'A host name.',
        'a host name without a port, like gate.example.com',
        /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
      ),
      'a list of host names',
    ).default([]),
    readTokens: list(
      'Bearer tokens that may read. Without it reading needs none.',
      secret('A token that may read; at least 16 characters.'),
      'a list of { file: <path> } or { env: <NAME> }',
    ).optional(),
    tls: z
      .strictObject({
        certFile: file('Certificate of the server, with its chain.', 'certificate'),
        keyFile: file('Key of the certificate.', 'key'),
      })
      .optional(),
  })
  .prefault({})

const token = z.strictObject({
  name: name('Whose token it is; recorded with what it does.'),
  token: secret('The token; at least 16 characters.'),
  scopes: list('What it may do.', oneOf('A scope.', scopes), `a list of ${scopes.join(', ')}`),
})
const tokens = z
  .array(token, { error: 'a list of { name, token, scopes }' })
  .max(100, { error: 'a list of at most 100 tokens' })
  .meta({ description: 'Bearer tokens that may write. Without one writing is off.' })
  .default([])

const steady = duration('How long everything must be proven before the verdict is `proceed`.')
const stateFile = path('Where latches, baselines and the ledger are kept.')
const runbookUrl = url(
  'Where links to the runbook lead; without it they are paths in this project’s documentation.',
  'a URL like https://runbooks.example/caracal',
  /^https?:\/\/[^/]+/,
  () => undefined,
)

/** What may stand in a configuration. */
export function configSchema(known: Known) {
  return z.strictObject({
    release,
    services: servicesSchema,
    metricsBearer: secret(
      'The platform’s `METRICS_BEARER`, without which services refuse `/metrics`.',
    ).optional(),
    tls: servicesTls,
    redis: redisSchema,
    postgres: postgresSchema,
    migrations,
    kubernetes: kubernetes.optional(),
    gates: each(known.gates, (id) => onOff(`The gate \`${id}\`.`)),
    checks: each(known.checks, (id) => onOff(`The check \`${id}\`.`)),
    stopConditions: each(known.stopConditions, (id) => onOff(`The stop condition \`${id}\`.`)),
    limits: limitsSchema,
    rollout: z.strictObject({ steady: steady.prefault('30s') }).prefault({}),
    probes: each(known.probes, () => pace),
    http,
    tokens,
    state: z
      .strictObject({
        file: stateFile.default('/var/lib/caracal-gate/state.json'),
        configMap: objectName(
          'A ConfigMap beside the exporter that keeps the state instead of a file; replicas of the exporter share it.',
        ).optional(),
        namespace: objectName('Namespace of the ConfigMap; that of the release by default.').optional(),
      })
      .prefault({}),
    log: z
      .strictObject({ level: oneOf('Least level that is logged.', logLevels).default('info') })
      .prefault({}),
    runbookBaseUrl: runbookUrl.default('docs'),
  })
}

/** A configuration whose form is right: durations in milliseconds, files not yet read. */
export type ParsedConfig = z.output<ReturnType<typeof configSchema>>
