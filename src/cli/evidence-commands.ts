import { connection, help, type Command } from './command.ts'

/** The commands of `caracal-gate evidence`: what a pipeline proves, because it has what the exporter has not. */

const pushing = {
  rollout: {
    value: 'ID',
    says: 'the rollout that it is about; it may begin later. Without it, any that begins later',
    completes: 'rollouts',
  },
  'valid-for': { value: 'TIME', says: 'for how long it counts (default 2h, at most 720h)' },
  actor: { value: 'NAME', says: 'who says so; or CARACAL_GATE_ACTOR, or USER' },
  reason: { value: 'TEXT', says: 'why, for the ledger (default: this command)' },
  output: { value: 'text|json', short: 'o', says: 'form of what goes to stdout (default text)' },
  'dry-run': { says: 'print what would be pushed, and push nothing; needs no exporter and no token' },
} satisfies Command['options']

const ending = [
  'Exits 0 when pass was found and pushed, 8 when fail was found and pushed, 9 when nothing could be',
  'found out and nothing was pushed, 5 when the exporter could not be reached or did not take it.',
]

export const evidenceRender: Command = {
  name: 'evidence render',
  area: 'tell',
  exits: [0, 5, 8, 9],
  says: 'push what helm lint and helm template say',
  more: [
    'Pushes helm-render, and with the digest of the manifest also manifest-digest: the exporter compares',
    'it with what Helm has stored in the cluster, so chart, values, release, namespace and versions must',
    'be those of the upgrade.',
    '',
    ...ending,
  ],
  options: {
    chart: { value: 'DIR', says: 'the chart: a folder, or a packed one (.tgz)' },
    values: { value: 'FILE', short: 'f', says: 'a values file of the environment; may be given again' },
    set: { value: 'KEY=VALUE', says: 'as helm upgrade --set; may be given again' },
    'set-string': { value: 'KEY=VALUE', says: 'as helm upgrade --set-string; may be given again' },
    'set-file': { value: 'KEY=FILE', says: 'as helm upgrade --set-file; may be given again' },
    release: { value: 'NAME', says: 'name of the release (default caracal)' },
    namespace: { value: 'NAME', short: 'n', says: 'its namespace (default caracal)' },
    'kube-version': { value: 'VERSION', says: 'version of the cluster, for charts that ask for it' },
    'api-versions': {
      value: 'LIST',
      says: 'APIs of the cluster, for charts that ask; may be given again',
    },
    install: { says: 'render the first installation instead of an upgrade' },
    strict: { says: 'let helm lint fail on warnings too' },
    helm: { value: 'PATH', says: 'the helm to run (default: the one on the PATH)' },
    timeout: { value: 'TIME', says: 'for each run of helm (default 2m)' },
    ...pushing,
    ...connection,
    help,
  },
  examples: [
    [
      'caracal-gate evidence render --chart infra/helm/caracal --values values.production.yaml --rollout caracal/48',
      'what the upgrade will apply',
    ],
    ['caracal-gate evidence render --chart . -f values.yaml --dry-run', 'only look'],
  ],
}

export const evidenceRollbackPlan: Command = {
  name: 'evidence rollback-plan',
  area: 'tell',
  exits: [0, 5, 8, 9],
  says: 'push what the migrations mean for a rollback',
  more: [
    'Reads the migrations that are applied on top of the previous version. Those that are tagged "--',
    'caracal:phase contract" or take away what the previous version uses mean fail; those that only add,',
    'pass. Where reading is not enough to tell, nothing is pushed: test it, and use evidence push',
    'schema-compatibility.',
    '',
    'Pushes schema-compatibility. Give one of --previous, --previous-migrations and --applied.',
    '',
    ...ending,
  ],
  options: {
    migrations: { value: 'DIR', says: 'migrations of the version that is rolled out' },
    previous: { value: 'VERSION', says: 'newest migration of the previous version, by name or number' },
    'previous-migrations': {
      value: 'DIR',
      says: 'migrations of the previous version; compared file by file',
    },
    applied: { value: 'FILE', says: 'the versions in schema_migrations, one a line' },
    ...pushing,
    ...connection,
    help,
  },
  examples: [
    [
      'caracal-gate evidence rollback-plan --migrations infra/postgres/migrations --previous 0003',
      'the previous version ends with 0003',
    ],
    [
      'caracal-gate evidence rollback-plan --migrations migrations --applied versions.txt --dry-run',
      'versions.txt from: psql -Atc "SELECT version FROM schema_migrations"',
    ],
  ],
}

export const evidencePush: Command = {
  name: 'evidence push',
  area: 'tell',
  exits: [0, 5],
  argument: { name: 'CHECK', says: 'the check that it is for', completes: 'checks' },
  says: 'push what was found out otherwise',
  more: [
    'Takes CHECK, such as schema-compatibility: caracal-gate status shows them; any that is measured is',
    'refused.',
    '',
    'Exits 0 when it was pushed, pass or fail, and 5 when not.',
  ],
  options: {
    outcome: { value: 'pass|fail', says: 'what was found' },
    message: { value: 'TEXT', says: 'what was found, in words' },
    digest: { value: 'sha256:HEX', says: 'digest of the manifest that it is about' },
    ...pushing,
    ...connection,
    help,
  },
  examples: [
    [
      'caracal-gate evidence push schema-compatibility --outcome pass --message "1.0.0 was tested on this schema"',
      'somebody has tested it',
    ],
  ],
}
