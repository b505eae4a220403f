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

const marks = /<path>|<NAME>|<why>/g

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
    'Every service needs at least one replica; only `web` may be left out. Name each replica itself, not a load balancer before them: one that answers for all hides the one that does not. `sts`, `gateway`, `audit`, `coordinator` and `web` have the same keys as `api` has here.',
  redis: 'Exactly one of `redis.url`, `redis.sentinel` and `redis.cluster`.',
  postgres:
    'A role that may only read is enough. With `verify-full` the certificate and the host name of the server are verified; there is no weaker kind of TLS.',
  gates:
    'What is switched off is still listed, as `skipped`. A reason is shown beside it: `{ enabled: false, reason: staging has no pipeline }`.',
  limits:
    'A breach begins above `trip` and is over at or below `clear`. The defaults are those of the platform’s own alerts, where it has one.',
  probes: 'What replaces a probe’s own pace. `brisk` and `timeout` may not be longer than `quiet`.',
  tokens:
    'Each token may do what its scopes say: `rollout` starts and finishes rollouts, `evidence` hands in evidence, `acknowledge` releases latches whose cause is gone.',
}

const introduction = `# Configuration

<!-- Generated from src/config by \`npm run generate\`. -->

\`caracal-gate\` reads, the later outweighing the earlier:

1. its defaults,
2. a YAML file, named by \`--config\` or \`CARACAL_GATE_CONFIG\`,
3. environment variables \`CARACAL_GATE_*\`,
4. flags: \`--listen\`, \`--log-level\`, \`--state-file\`, and \`--set key=value\` for any key below.

Everything can be given by each of them, so no file is needed. A standard installation needs addresses and secrets:

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

[caracal-gate.example.yaml](../../caracal-gate.example.yaml) shows all of it. Its first line gives editors the
JSON Schema, which \`npm run build\` writes to \`dist/schemas\`.

\`caracal-gate check-config\` exits with 0 when the configuration is good, and prints what is in force, without secrets, when
asked to by \`--print\`. Otherwise it names everything that is wrong, each with place, key, value and what is allowed, and
exits with 2. Unknown keys, ids and \`CARACAL_GATE_*\` variables are faults: a typo must not switch off a gate in silence.

**Secrets** are read from a file (\`{ file: /path }\`) or an environment variable (\`{ env: NAME }\`), and trimmed. They never
stand in the configuration, nor in a URL. For a key that is a secret the variable below holds the secret itself, and the
one with \`_FILE\` the path of a file.

**Relative paths** in the file start from the folder of the file, elsewhere from the working folder.

**Lists** in a variable are separated by commas. Where the key has a \`*\` it is the number of an item, from 0:
\`CARACAL_GATE_TOKENS_0_NAME\`. A list that is given by its items replaces the one in the file.

**Reload**: when the file or any file that it names changes, or at SIGHUP, the configuration is read anew. A bad one changes nothing. Mount a
ConfigMap or Secret as a folder: one that is mounted by \`subPath\` never changes.

Variables that Kubernetes sets for a Service named \`caracal-gate\` (\`CARACAL_GATE_SERVICE_HOST\`, \`CARACAL_GATE_PORT\` ...) are
passed over.
`
