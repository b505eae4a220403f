import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Plant {
  readonly breaks: string
  readonly path: string
  readonly code: string
  /** The rule that must report the file, or none: the code is allowed. */
  readonly rule: string | undefined
}

const imports = 'eslint(no-restricted-imports)'
const globals = 'eslint(no-restricted-globals)'
const asynchronous = 'async function work(): Promise<number> {\n  return await Promise.resolve(1)\n}\n'

function plant(path: string, rule: string | undefined, breaks: string, code: string): Plant {
  return { breaks, path, code: `${code}\n`, rule }
}

const plants: readonly Plant[] = [
  plant('src/core/a.ts', imports, 'core imports checks', `export * from '../checks/fine.ts'`),
  plant(
    'src/core/b.ts',
    imports,
    'core imports a type of checks',
    `export type { A } from '../checks/fine.ts'`,
  ),
  plant('src/core/c.ts', imports, 'core imports a node module', `export * from 'node:fs'`),
  plant('src/checks/d.ts', imports, 'checks import a package', `export * from 'zod'`),
  plant('src/gates/e.ts', imports, 'gates import a probe', `export * from '../probes/fine.ts'`),
  plant('src/rollout/f.ts', imports, 'rollout hashes outside the ledger', `export * from 'node:crypto'`),
  plant('src/rollout/ledger.ts', undefined, '(the ledger may hash)', `export * from 'node:crypto'`),
  plant('src/connections/g.ts', imports, 'connections import config', `export * from '../config/fine.ts'`),
  plant('src/config/h.ts', imports, 'config imports a probe', `export * from '../probes/fine.ts'`),
  plant('src/probes/i.ts', imports, 'a probe imports publish', `export * from '../publish/contract.ts'`),
  plant('src/publish/j.ts', imports, 'publish imports a probe', `export * from '../probes/fine.ts'`),
  plant('src/daemon/k.ts', imports, 'the daemon imports the cli', `export * from '../cli/fine.ts'`),
  plant('src/daemon/l.ts', imports, 'src imports the rig', `export * from '../../rig/fine.ts'`),
  plant('src/daemon/m.ts', imports, 'a folder imports main', `export * from '../main.ts'`),
  plant('src/cli/n.ts', imports, 'the cli imports a schema parser', `export * from 'zod'`),
  plant('src/cli/o.ts', imports, 'the cli imports the server', `export * from '../publish/server.ts'`),
  plant('src/cli/p.ts', imports, 'the cli imports core', `export * from '../core/fine.ts'`),
  plant(
    'src/cli/q.ts',
    undefined,
    '(the cli may read the contract)',
    `export * from '../publish/contract.ts'`,
  ),
  plant('src/cli/r.ts', undefined, '(the cli may use undici)', `export { request } from 'undici'`),
  plant('src/probes/s.ts', imports, 'a probe imports node:process', `export { env } from 'node:process'`),
  plant('src/probes/t.ts', globals, 'a probe reads the process', `export const home = process.env['HOME']`),
  plant('src/core/u.ts', globals, 'core reads the clock', `export const now = Date.now()`),
  plant('src/core/v.ts', globals, 'core reads the other clock', `export const now = performance.now()`),
  plant('src/gates/w.ts', globals, 'gates sleep', `export const timer = setTimeout(() => undefined, 1)`),
  plant(
    'src/checks/x.ts',
    globals,
    'checks ask the network',
    `export const answer = fetch('http://localhost')`,
  ),
  plant('src/checks/y.ts', globals, 'checks reach round', `export const now = globalThis.Date.now()`),
  plant(
    'src/rollout/z.ts',
    'eslint(no-restricted-properties)',
    'rollout throws dice',
    `export const id = Math.random()`,
  ),
  plant('src/probes/aa.ts', 'eslint(no-console)', 'a probe prints', `export const a = console.log('a')`),
  plant(
    'src/probes/ab.ts',
    'typescript(no-floating-promises)',
    'a promise is dropped',
    `${asynchronous}export function start(): void {\n  work()\n}`,
  ),
  plant(
    'src/probes/ac.ts',
    'typescript(no-misused-promises)',
    'a promise is used as an answer',
    `${asynchronous}export function ask(): number {\n  if (work()) return 1\n  return 2\n}`,
  ),
  plant(
    'src/core/ad.ts',
    'typescript(switch-exhaustiveness-check)',
    'a case is forgotten',
    `export function word(answer: 'met' | 'unmet'): string {\n  let said = ''\n  switch (answer) {\n    case 'met':\n      said = 'yes'\n  }\n  return said\n}`,
  ),
  plant('src/core/ae.ts', 'import(no-cycle)', 'two files import each other', `export * from './af.ts'`),
  plant('src/core/af.ts', 'import(no-cycle)', 'and back', `export * from './ae.ts'`),
  plant('src/core/ag.ts', 'import(no-default-export)', 'a default export', `export default 1`),
  plant('src/core/ah.ts', 'eslint(max-lines)', '251 lines', '// line\n'.repeat(250)),
  plant(
    'src/core/ai.ts',
    'eslint(max-lines-per-function)',
    'a function of 62 lines',
    `export function long(): number {\n  let n = 0\n${'  n += 1\n'.repeat(59)}  return n\n}`,
  ),
  plant(
    'src/core/aj.ts',
    'typescript(no-explicit-any)',
    'any',
    `export function a(b: any): boolean {\n  return b === 1\n}`,
  ),
  plant(
    'src/core/ak.ts',
    'eslint(no-warning-comments)',
    'something left to do',
    `// TODO: later\nexport const a = 1`,
  ),
  plant(
    'test/unit/al.test.ts',
    'vitest(no-restricted-vi-methods)',
    'a module is mocked',
    `import { vi } from 'vitest'\nvi.mock('../../src/core/fine.ts')`,
  ),
  plant(
    'test/unit/am.test.ts',
    'vitest(no-disabled-tests)',
    'a test is skipped',
    `import { expect, it } from 'vitest'\nit.skip('a', () => {\n  expect(1).toBe(1)\n})`,
  ),
  plant(
    'test/unit/an.test.ts',
    'vitest(no-focused-tests)',
    'a test is alone',
    `import { expect, it } from 'vitest'\nit.only('a', () => {\n  expect(1).toBe(1)\n})`,
  ),
  ...['core', 'checks', 'probes', 'config', 'cli'].map((folder) =>
    plant(
      `src/${folder}/fine.ts`,
      undefined,
      `(${folder} exists)`,
      'export type A = 1\nexport const a: A = 1',
    ),
  ),
  plant('src/publish/contract.ts', undefined, '(the contract exists)', `export * from '../core/fine.ts'`),
  plant('src/publish/server.ts', undefined, '(the server exists)', `export * from 'node:http'`),
  plant('rig/fine.ts', undefined, '(the rig exists)', 'export const a = 1'),
]

const root = resolve(import.meta.dirname, '../..')
const seen = new Map<string, string[]>()
let folder = ''

async function runLinter(): Promise<string> {
  const options = { cwd: folder, maxBuffer: 16_000_000 }
  const script = join(root, 'node_modules/oxlint/bin/oxlint')
  const run = promisify(execFile)(process.execPath, [script, '--type-aware', '-f', 'json'], options)
  // With faults found the linter ends with 1; its answer is on stdout all the same.
  return run.then(
    (done) => done.stdout,
    (failed: unknown) => (failed as { readonly stdout: string }).stdout,
  )
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lint-rules-'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const file of ['oxlint.config.ts', 'tsconfig.json', 'package.json'])
    await copyFile(join(root, file), join(folder, file))
  for (const { path, code } of plants) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), code)
  }
  const answer = JSON.parse(await runLinter()) as {
    readonly diagnostics: readonly { readonly filename: string; readonly code: string }[]
  }
  for (const { filename, code } of answer.diagnostics)
    seen.set(filename, [...(seen.get(filename) ?? []), code])
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the linter', () => {
  it.each(plants.filter(({ rule }) => rule !== undefined))('reports when $breaks', ({ path, rule }) => {
    expect(seen.get(path)).toContain(rule)
  })

  it.each(plants.filter(({ rule }) => rule === undefined))('accepts $path $breaks', ({ path }) => {
    expect(seen.get(path)).toBeUndefined()
  })
})
