import { keysOf, variablesOf, type Key, type Known } from './keys.ts'
import { configSchema } from './schema.ts'

/** The files that are made from the schema, by path in the repository. */
export function configFiles(known: Known): Readonly<Record<string, string>> {
  return {
    'docs/reference/configuration.md': configReference(known),
  }
}

/** Every key with its variable, what is allowed and what it is for, as Markdown. */
function configReference(known: Known): string {
  const keys = keysOf(configSchema(known)).filter(isShown)
  const sections = Map.groupBy(keys, ({ path: [section = ''] }) => section)
  const tables = [...sections].map(([section, members]) => {
    const note = notes[section]
    return [`## \`${section}\``, ...(note === undefined ? [] : [note]), table(members)].join('\n\n')
  })
  return `${introduction}\n${tables.join('\n\n')}\n`
}

/** The services have the same keys, so one is shown. */
function isShown({ path: [section, service] }: Key): boolean {
  return section !== 'services' || service === 'api'
}

const marks = /<path>|<NAME>|<why>|<time>/g

function table(keys: readonly Key[]): string {
  const rows = keys.map((key) => {
    const variables = variablesOf(key).map((variable) => `\`${variable}\``)
    const standard = key.default === undefined ? '' : `\`${defaultText(key.default)}\``
    const allowed = key.allowed.replace(/;.*/, '').replace(marks, (mark) => `\`${mark.slice(1, -1)}\``)
    const cells = [`\`${key.path.join('.')}\``, variables.join('<br>'), allowed, standard, key.description]
    return `| ${cells.join(' | ')} |`
  })
  return ['| key | variable | value | default | meaning |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

function defaultText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const notes: Readonly<Record<string, string>> = {
  services:
    'Every service except `web` needs at least one replica. Name each replica itself: behind a load balancer one healthy replica hides the others. `sts`, `gateway`, `audit`, `coordinator` and `web` have the same keys as `api` has here.',
  redis: 'Set exactly one of `redis.url`, `redis.sentinel` and `redis.cluster`.',
  postgres:
    'A read-only role is enough. `verify-full` verifies the certificate and the host name of the server; there is no weaker kind of TLS.',
  gates:
    'A gate that is switched off is still listed, as `skipped` with its reason: `{ enabled: false, reason: staging has no pipeline }`. In shadow it is judged and shown, and does not count until the given time: `{ mode: shadow, until: 2026-12-07T08:00:00Z }`, in a variable `shadow until 2026-12-07T08:00:00Z`. A time that is over is no error: what it was for counts again, and an alert says that the shadow has expired. See [shadow](../use/shadow.md).',
  limits:
    'A breach begins above `trip` and ends at or below `clear`. The defaults are those of the platform’s own alerts, where it has one.',
  probes: 'Replaces the pace of a probe. `brisk` and `timeout` must not be longer than `quiet`.',
  tokens:
    'The scopes of a token say what it allows: `rollout` begins and finishes rollouts, `evidence` reports evidence, `acknowledge` acknowledges stop conditions, `override` takes a gate, check or stop condition out of the verdict for a while. Give `override` to people, not to pipelines.',
}

const introduction = `# Configuration

<!-- Generated from src/config by \`npm run generate\`. -->

\`caracal-gate\` reads these sources; a later one overrides an earlier one:

1. its defaults
2. a YAML file, named by \`--config\` or \`CARACAL_GATE_CONFIG\`
3. environment variables \`CARACAL_GATE_*\`
4. flags: \`--listen\`, \`--log-level\`, \`--state-file\`, and \`--set key=value\` for any key below

Every source can set every key, so a file is optional. A standard installation needs addresses and secrets:

\`\`\`yaml
services:
  api: { replicas: [http://api-1:3000, http://api-2:3000] }
  sts: { replicas: [http://sts-1:8080, http://sts-2:8080] }
  gateway:
    replicas:
      - { url: http://gateway-1:8081, hostname: gateway-1 }
      - { url: http://gateway-2:8081, hostname: gateway-2 }
  audit: { replicas: [http://audit-1:9090] }
  coordinator: { replicas: [http://coordinator-1:4000] }
metricsBearer: { file: /run/secrets/metrics-bearer }
redis: { url: rediss://redis:6379/0, password: { file: /run/secrets/redis-password } }
postgres: { url: postgres://gate@db:5432/caracal, password: { file: /run/secrets/postgres-password } }
\`\`\`

[caracal-gate.example.yaml](../../caracal-gate.example.yaml) shows every key. Its first line gives editors the JSON Schema,
which \`npm run build\` writes to \`dist/schemas\`.

\`caracal-gate check-config\` exits with 0 if the configuration is valid; \`--print\` shows the values in force, without secrets.
Otherwise it lists every error with its place, key, value and what is allowed, and exits with 2. Unknown keys, ids and
\`CARACAL_GATE_*\` variables are errors: a typo must not switch off a gate silently.

**Secrets** come from a file (\`{ file: /path }\`) or an environment variable (\`{ env: NAME }\`), and are trimmed. Neither the
configuration nor a URL may contain one. For a secret, the variable below holds the secret itself, and the variable with
\`_FILE\` the path of a file.

**Relative paths** in the file are relative to the folder of the file; elsewhere, to the working folder.

**Lists** in a variable are separated by commas. A \`*\` in a key is the number of an item, from 0:
\`CARACAL_GATE_TOKENS_0_NAME\`. A list that is set by its items replaces the list in the file.

**Reload**: the exporter reads the configuration again when the file, or a file that it names, changes, and at SIGHUP. It ignores
a configuration with an error. Mount a ConfigMap or Secret as a folder: a file mounted with \`subPath\` never changes.

The exporter ignores variables that Kubernetes sets for a Service named \`caracal-gate\` (\`CARACAL_GATE_SERVICE_HOST\`,
\`CARACAL_GATE_PORT\` ...).
`
