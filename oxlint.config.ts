import { defineConfig, type OxlintOverride } from 'oxlint'

type Rules = NonNullable<OxlintOverride['rules']>

interface Layer {
  /** Folders of `src`, or single files of one, that this folder may import. */
  readonly imports: readonly string[]
  /** Files that it may import dynamically, when one of its commands needs them; their folders may stand below. */
  readonly lazily?: readonly string[]
  /** Packages and node modules that it may import; a star stands for any characters. */
  readonly packages: readonly string[]
  /** A pure folder has no clock, no chance and no I/O: what it needs is handed in. */
  readonly pure?: true
  /** Folders in it; they are part of the layer, may import what it may, and everything of it. */
  readonly folders?: readonly string[]
}

/**
 * Which folder of `src` may import which others. This table is the whole rule: the linter's overrides are
 * made from it, and `test/unit/architecture.test.ts` reads the real import statements against it.
 */
export const layers: Readonly<Record<string, Layer>> = {
  core: { imports: [], packages: [], pure: true },
  rules: { imports: ['core'], packages: [], pure: true },
  // The wire, once. The command line takes only types and what loads no package: architecture.test.ts sees to it.
  contract: { imports: ['core', 'rules/signals.ts'], packages: ['zod'], pure: true },
  // What an exported rollout is made of and verified by. Hashing and signing are arithmetic, not I/O.
  proof: { imports: ['core', 'contract'], packages: ['node:crypto'], pure: true },
  rollout: { imports: ['core', 'rules/signals.ts', 'proof'], packages: [], pure: true },
  // What rounds took in, as lines of text, and the same judged once more.
  recording: { imports: ['core', 'rules', 'rollout'], packages: [], pure: true },
  connections: { imports: ['core'], packages: ['*'] },
  // Manifests of Helm: the pipeline that renders one and the daemon that reads it back must agree on every byte.
  'kubernetes/manifest': { imports: ['core'], packages: ['node:crypto', 'yaml'], pure: true },
  kubernetes: { imports: ['core', 'connections', 'kubernetes/manifest'], packages: ['*'] },
  // What migrations mean for the previous version, read by Postgres' own parser.
  sql: { imports: [], packages: ['libpg-query'] },
  config: { imports: ['core', 'rules'], packages: ['*'] },
  probes: {
    imports: ['core', 'rules', 'connections', 'kubernetes/manifest', 'kubernetes', 'config'],
    packages: ['*'],
  },
  http: {
    imports: ['core', 'rules', 'contract', 'proof', 'rollout', 'config'],
    packages: ['*'],
    folders: ['page'],
  },
  daemon: {
    imports: [
      'core',
      'rules',
      'contract',
      'proof',
      'rollout',
      'recording',
      'connections',
      'kubernetes',
      'config',
      'probes',
      'http',
    ],
    packages: ['*'],
  },
  // Pipelines start the command line over and over: it must not pay for the daemon or for a schema parser.
  cli: {
    imports: ['core', 'contract', 'kubernetes/manifest', 'sql'],
    lazily: [
      'config/load.ts',
      'config/files.ts',
      'daemon/known.ts',
      'daemon/serve.ts',
      'cli/doctor/command.ts',
      'cli/replay/command.ts',
      'cli/verify/command.ts',
    ],
    packages: ['node:*', 'commander', 'fast-wrap-ansi', '@optique/core/completion', '@optique/core/parser'],
    folders: ['canary'],
  },
  // Judges recordings by the pure core: it needs no daemon, and loads nothing that speaks with one.
  'cli/replay': {
    imports: ['core', 'recording', 'config', 'daemon/known.ts', 'daemon/rule-options.ts', 'cli'],
    packages: ['node:*'],
  },
  // Reads one file, by the schema of what it verifies.
  'cli/verify': { imports: ['core', 'contract', 'proof', 'config', 'cli'], packages: ['node:*', 'zod'] },
  // Reads the daemon's configuration and asks by its connections, but is no part of it: a command of its own.
  'cli/doctor': {
    imports: [
      'core',
      'rules',
      'contract',
      'connections',
      'kubernetes/manifest',
      'kubernetes',
      'config',
      'probes',
      'daemon/known.ts',
      'cli',
    ],
    packages: ['*'],
  },
}

/** Single files that may import more packages than their folder. */
export const packageExceptions: Readonly<Record<string, readonly string[]>> = {
  // Only the canary reads a file of its own, and only when it runs.
  'cli/canary-file.ts': ['yaml'],
}

const impureGlobals = [
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'crypto',
  'globalThis',
]
const processMessage = 'Only src/main.ts reads the process; have the value handed in.'
const pureMessage = 'A pure folder has no clock, no chance and no I/O; have the value handed in.'

function byDepth([a]: [string, Layer], [b]: [string, Layer]): number {
  return a.split('/').length - b.split('/').length
}

/** From a folder of `src` up to `src`. */
function wayUp(folder: string): string {
  return folder
    .split('/')
    .map(() => '..')
    .join('/')
}

// One group, because a negation in one group also releases what another group forbids.
function importRule(layer: Layer, packages: readonly string[], up: string): Rules {
  const inside = [...layer.imports, ...(layer.lazily ?? [])]
  const relative = inside.map((path) => (path.endsWith('.ts') ? `!${up}/${path}` : `!${up}/${path}/*`))
  if (up !== '..') relative.push('!../*')
  const group = packages.includes('*')
    ? ['../**', ...relative]
    : ['*', '!./**', ...relative, ...packages.map((name) => `!${name}`)]
  const message = `Allowed: ${[...inside, ...packages].join(', ') || 'this folder only'} (layers in oxlint.config.ts).`
  const paths = [{ name: 'node:process', message: processMessage }]
  return { 'no-restricted-imports': ['error', { paths, patterns: [{ group, message }] }] }
}

function layerOverride([folder, layer]: [string, Layer]): OxlintOverride {
  const impure = impureGlobals.map((name) => ({ name, message: pureMessage }))
  const process = { name: 'process', message: processMessage }
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: {
      ...importRule(layer, layer.packages, wayUp(folder)),
      'no-restricted-globals': ['error', process, ...(layer.pure ? impure : [])],
      'no-restricted-properties': layer.pure
        ? ['error', { object: 'Math', property: 'random', message: pureMessage }]
        : 'off',
    },
  }
}

function folderOverrides([folder, layer]: [string, Layer]): OxlintOverride[] {
  return (layer.folders ?? []).map((name) => ({
    files: [`src/${folder}/${name}/**/*.ts`],
    rules: importRule(layer, layer.packages, wayUp(`${folder}/${name}`)),
  }))
}

function exceptionOverride([file, packages]: [string, readonly string[]]): OxlintOverride {
  const layer = layers[file.slice(0, file.indexOf('/'))]
  if (layer === undefined) throw new Error(`no layer holds ${file}`)
  return { files: [`src/${file}`], rules: importRule(layer, [...layer.packages, ...packages], '..') }
}

const productOnly: OxlintOverride = {
  files: ['src/**/*.ts'],
  rules: {
    'no-console': 'error',
    'typescript/no-non-null-assertion': 'error',
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  },
}

// A list is read from top to bottom; cutting it in pieces would only hide what is in it.
const listsOnly: OxlintOverride = {
  files: ['src/rules/{gates,stops}.ts', 'src/http/operations.ts'],
  rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
}

const testsOnly: OxlintOverride = {
  files: ['test/**/*.ts'],
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'vitest'],
  rules: {
    'vitest/no-disabled-tests': 'error',
    'vitest/no-focused-tests': 'error',
    'vitest/no-identical-title': 'error',
    'vitest/warn-todo': 'error',
    'vitest/no-restricted-vi-methods': [
      'error',
      {
        mock: 'Modules of ours are not mocked; make it a parameter.',
        doMock: 'Modules of ours are not mocked; make it a parameter.',
        useFakeTimers: 'Time is passed in; hand a clock over.',
      },
    ],
  },
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import'],
  categories: { correctness: 'error' },
  ignorePatterns: ['node_modules', 'dist', 'coverage', '.cache', 'docs/generated'],
  rules: {
    eqeqeq: 'error',
    // Text from targets is stripped of control characters: those patterns are meant.
    'no-control-regex': 'off',
    'max-lines': ['error', 250],
    'no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
    ],
    'no-var': 'error',
    'no-warning-comments': 'error',
    'prefer-const': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-self-import': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'unicorn/prefer-node-protocol': 'error',
  },
  overrides: [
    productOnly,
    listsOnly,
    testsOnly,
    // The rules of a folder inside another come after, and count.
    ...Object.entries(layers).toSorted(byDepth).map(layerOverride),
    ...Object.entries(layers).flatMap(folderOverrides),
    ...Object.entries(packageExceptions).map(exceptionOverride),
    { files: ['*.config.ts', 'site/.vitepress/config.mjs'], rules: { 'import/no-default-export': 'off' } },
  ],
})
