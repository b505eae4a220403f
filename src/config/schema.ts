import * as z from 'zod'
import { SECOND } from '../core/time.ts'
import { httpSchema, tokensSchema } from './access-schema.ts'
import { alertingSchema } from './alerting-schema.ts'
import { postgresSchema, redisSchema } from './connection-schema.ts'
import { certificate, bearer, contentFields, lines, tlsFiles, withContents } from './contents.ts'
import type { ContentFields, Places } from './contents.ts'
import { exportsSchema } from './exports-schema.ts'
import { coded, duration, evenIfFaulty, flag, list, name, objectName, oneOf } from './fields.ts'
import { folderUrl, path, text } from './fields.ts'
import type { Known } from './keys.ts'
import { limitsSchema } from './limits-schema.ts'
import { recordingSchema } from './recording-schema.ts'
import type { Revealed } from './secret.ts'
import { servicesSchema } from './services-schema.ts'
import { shownBy } from './shown.ts'
import { onOff } from './switches.ts'

interface Pace {
  readonly quiet?: number
  readonly brisk?: number
  readonly timeout?: number
}

function inOrder({ quiet, brisk, timeout }: Pace, context: z.RefinementCtx): void {
  if (typeof quiet !== 'number') return
  if (typeof brisk === 'number' && brisk > quiet)
    context.addIssue({ code: 'custom', path: ['brisk'], message: 'at most quiet, the slower of the two' })
  if (typeof timeout === 'number' && timeout > quiet)
    context.addIssue({
      code: 'custom',
      path: ['timeout'],
      message: 'at most quiet: an attempt ends before the next',
    })
}

// Faster attempts cost the platform more than they show; slower ones let a document expire.
const pace = z
  .strictObject({
    quiet: duration(
      'Interval of probe attempts while everything passes and no rollout is under way.',
      50,
      300 * SECOND,
    ).exactOptional(),
    brisk: duration('Interval of probe attempts otherwise.', 50, 60 * SECOND).exactOptional(),
    timeout: duration('Longest duration of one attempt.', 50, 10 * SECOND).exactOptional(),
  })
  // One field that is wrong does not hide that the others contradict each other.
  .superRefine(inOrder, evenIfFaulty)

/** A mapping of ids, each of which may be absent. */
function each<Field extends z.ZodType>(ids: readonly string[], field: (id: string) => Field) {
  const entries = ids.map((id): [string, z.ZodType] => [id, field(id).exactOptional()])
  const mapping = z.strictObject(Object.fromEntries(entries)).prefault({})
  return mapping as unknown as z.ZodType<Readonly<Record<string, z.output<Field>>>>
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

const kubernetes = z
  .strictObject({
    enabled: flag(
      '`true`: the release runs in a cluster, and the exporter finds its pods there. `false`: there is no cluster, and checks that need one are skipped. Not set: these checks are unknown.',
    ),
    kubeconfig: path(
      'A kubeconfig file; without it the service account of the pod, else the default kubeconfig.',
    ).exactOptional(),
    context: name('Context of the kubeconfig, instead of its current one.').exactOptional(),
    helmSecrets: flag(
      'Read the Secrets in which Helm stores releases. Without them, the checks that need them rely on evidence from a pipeline.',
    ).default(false),
    events: z
      .strictObject({
        deployment: objectName(
          'Deployment of the exporter itself. Each change of the verdict is written as an Event about it.',
        ),
        namespace: objectName('Namespace of that Deployment.'),
      })
      .exactOptional(),
  })
  .exactOptional()

const rollout = z
  .strictObject({
    steady: duration('How long everything must be proven before the verdict is `proceed`.').prefault('30s'),
  })
  .prefault({})

const state = z
  .strictObject({
    file: path('File that stores latches, baselines and the ledger.').default(
      '/var/lib/caracal-gate/state.json',
    ),
    configMap: objectName(
      'ConfigMap that stores the state instead of a file; replicas of the exporter share it.',
    ).exactOptional(),
    namespace: objectName('Namespace of the ConfigMap; that of the release by default.').exactOptional(),
  })
  .prefault({})

const log = z
  .strictObject({
    level: oneOf('Lowest level that is logged.', [
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
      'silent',
    ]).default('info'),
  })
  .prefault({})

const runbookBaseUrl = folderUrl(
  'A runbook of your own: links lead to `<runbookBaseUrl>/<id of the check, stop condition or cause>`. Without it they lead to the runbook that the exporter serves.',
  'a URL like https://runbooks.example/caracal',
).exactOptional()

function migrations({ file }: ContentFields) {
  return withContents(
    z.strictObject({
      expected: list(
        'Versions that `schema_migrations` must contain.',
        version,
        'a list of versions',
      ).exactOptional(),
      expectedFile: file('File with one version a line, instead of `expected`.', lines).exactOptional(),
    }),
  ).prefault({})
}

function servicesTls({ file }: ContentFields) {
  return tlsFiles(
    z.strictObject({
      caFile: file(
        'Certificate authority of service URLs with https; without it the system’s are trusted.',
        certificate,
      ).exactOptional(),
    }),
  ).prefault({})
}

/** For what is made from the schema without a configuration, such as the reference: no file is read then. */
const nowhere: Places = {
  readFile: (file) => Promise.reject(new Error(`${file} is not read`)),
  environment: {},
}

/**
 * The configuration: every key is one line here, or in the schema of its section. The line gives the key's type, its
 * default, what is allowed, how it is shown, its variable and flag, its line of the reference and its JSON Schema.
 */
export function configSchema(known: Known, places: Places = nowhere) {
  const contents = contentFields(places)
  const wire = z.strictObject({
    release,
    services: servicesSchema,
    metricsBearer: contents
      .secret('The platform’s `METRICS_BEARER`, without which services refuse `/metrics`.', bearer)
      .exactOptional(),
    tls: servicesTls(contents),
    redis: redisSchema(contents),
    postgres: postgresSchema(contents),
    migrations: migrations(contents),
    kubernetes,
    gates: each(known.gates, (id) => onOff(`The gate \`${id}\`.`)),
    checks: each(known.checks, (id) =>
      onOff(
        `The check \`${id}\`.${known.optional.includes(id) ? ' Optional: off unless it is on here.' : ''}`,
      ),
    ),
    stopConditions: each(known.stopConditions, (id) => onOff(`The stop condition \`${id}\`.`)),
    limits: limitsSchema,
    rollout,
    probes: each(known.probes, () => pace),
    http: httpSchema(contents),
    tokens: tokensSchema(contents),
    exports: exportsSchema(contents),
    state,
    recording: recordingSchema,
    log,
    runbookBaseUrl,
    alerting: alertingSchema(contents),
  })
  return coded(
    wire,
    ({ state: { configMap, namespace, ...own }, ...config }) => ({
      ...config,
      state: {
        ...own,
        ...(configMap !== undefined && {
          configMap: { name: configMap, namespace: namespace ?? config.release.namespace },
        }),
      },
    }),
    ({ state: { configMap: map, ...own }, ...config }) => ({
      ...(shownBy(wire, config) as object),
      state: {
        ...(shownBy(state, own) as object),
        ...(map !== undefined && { configMap: { name: map.name, namespace: map.namespace } }),
      },
    }),
  )
}

/** The effective configuration: every default filled in, every file read, every secret a `Secret`. */
export type Config = z.output<ReturnType<typeof configSchema>>
/** The same with its secrets in plain text. */
export type PlainConfig = Revealed<Config>
export type LogLevel = Config['log']['level']
/** A bearer token that may write. */
export type WriteToken = PlainConfig['tokens'][number]
export type Scope = WriteToken['scopes'][number]
