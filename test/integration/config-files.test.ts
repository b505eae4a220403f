import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkConfig, loadConfig, type Checked } from '../../src/config/load.ts'
import { readConfigFile, type ReadFile } from '../../src/config/files.ts'
import { replicasIn } from '../../src/config/services-schema.ts'
import { known } from '../../src/daemon/known.ts'
import { runHere } from '../support/cli-process.ts'
import { minimal } from '../unit/config/loading.ts'
import { schemaFiles } from '../../scripts/schema-files.ts'

const root = resolve(import.meta.dirname, '../..')
const example = join(root, 'caracal-gate.example.yaml')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Checks a file in a folder of its own with the real file system. */
async function check(
  text: string | Uint8Array,
  env: Readonly<Record<string, string>> = {},
): Promise<Checked> {
  const file = join(folder, 'gate.yaml')
  await writeFile(file, text)
  return checkConfig({ file, env, flags: {}, readFile: readConfigFile, known })
}

describe('the example file', () => {
  it('is a good configuration', async () => {
    const readSecret: ReadFile = (path) =>
      path.startsWith('/run/secrets/')
        ? Promise.resolve(Buffer.from(`of ${path}`.replace(' ', '-')))
        : readConfigFile(path)
    const { config } = await loadConfig({ file: example, env: {}, flags: {}, readFile: readSecret, known })
    expect(replicasIn(config.services)).toHaveLength(9)
  })

  it('shows the defaults where it shows limits', async () => {
    const readAny: ReadFile = (path) =>
      path === example ? readConfigFile(path) : Promise.resolve(Buffer.from(`s${path}`))
    const shown = await loadConfig({ file: example, env: {}, flags: {}, readFile: readAny, known })
    const file = join(folder, 'minimal.yaml')
    await writeFile(file, minimal)
    const plain = await loadConfig({ file, env: {}, flags: {}, readFile: readConfigFile, known })
    const { limits, rollout, http, state, log, release } = shown.config
    expect(plain.config).toMatchObject({ limits, rollout, http, state, log, release })
  })

  it('names the JSON Schema for editors in its first line, and the command that makes it beside any copy', async () => {
    const text = await readFile(example, 'utf8')
    const path = /^# yaml-language-server: \$schema=([\w.-]+)\n/.exec(text)?.[1] ?? ''
    const [, ...words] = /^# {3}(caracal-gate .+) > (\S+)$/m.exec(text) ?? []
    expect(words).toEqual(['caracal-gate check-config --schema', path])
    const { code, stdout } = await runHere(words[0]?.split(' ').slice(1) ?? [])
    expect([code, stdout]).toEqual([0, schemaFiles()['config.schema.json']])
  })

  it('is right as far as its syntax goes, although nothing of what it refers to is there', async () => {
    const { code, stderr } = await runHere(['check-config', '--syntax-only', '--config', example])
    expect([code, stderr]).toEqual([0, 'The configuration is valid as far as its syntax goes.\n'])
    const whole = await runHere(['check-config', '--config', example])
    expect([whole.code, whole.stderr]).toEqual([2, expect.stringContaining('which does not exist')])
  })
})

describe('the JSON Schema', () => {
  function validator() {
    const text = schemaFiles()['config.schema.json'] ?? ''
    const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true })
    addFormats.default(ajv)
    return ajv.compile(JSON.parse(text) as object)
  }

  it('accepts the example, the least a file can say, and an empty file', async () => {
    const validate = validator()
    const shadow = 'checks: { stream-backlog: { mode: shadow, until: "2026-12-07T08:00:00Z" } }'
    for (const text of [await readFile(example, 'utf8'), minimal, '{}', shadow]) {
      validate(parse(text))
      expect(validate.errors).toBeNull()
    }
  })

  it.each([
    ['an unknown key', 'redis: { urll: redis://r }'],
    ['an unknown gate', 'gates: { readines: off }'],
    ['an unknown probe', 'probes: { redis-stream: { quiet: 3s } }'],
    ['a duration without a unit', 'rollout: { steady: 30 }'],
    ['a shadow that never ends', 'checks: { stream-backlog: { mode: shadow } }'],
    ['a shadow until some day', 'checks: { stream-backlog: { mode: shadow, until: next week } }'],
    ['a duration in words', 'rollout: { steady: 30 seconds }'],
    ['a secret that stands in the file', 'metricsBearer: hunter2'],
    ['a secret from two places', 'metricsBearer: { file: /a, env: B }'],
    ['a token without scopes', 'tokens: [{ name: a, token: { env: A } }]'],
    ['a replica without a URL', 'services: { api: { replicas: [{ name: a }] } }'],
    ['a scope that does not exist', 'tokens: [{ name: a, token: { env: A }, scopes: [admin] }]'],
  ])('refuses %s', async (_, text) => {
    const validate = validator()
    expect(validate(parse(text))).toBe(false)
  })
})

describe('check-config on real files', () => {
  it('prints what is in force', async () => {
    await writeFile(join(folder, 'password'), 'hunter2\n')
    const { exitCode, stdout } = await check(
      minimal.replace('6379/0 }', '6379/0, password: { file: password } }'),
    )
    expect(exitCode).toBe(0)
    expect(parse(stdout)).toHaveProperty('redis.password', '<redacted>')
    expect(stdout).not.toContain('hunter2')
  })

  it.each([
    ['a folder', '.', 'which is a folder'],
    ['a device that never ends', '/dev/zero', 'which is larger than 1 MiB'],
    ['nothing', '/dev/null', 'which is empty'],
    ['a path through a file', 'gate.yaml/x', 'which does not exist'],
  ])('names %s in place of a secret', async (_, path, why) => {
    const { exitCode, stderr } = await check(`metricsBearer: { file: ${path} }\n${minimal}`)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${why}; allowed: a file or variable that holds one secret on one line`)
  })

  it('names a file that is too large to be a configuration', async () => {
    const { stderr } = await check(Buffer.alloc(2 * 1024 * 1024, 0x23))
    expect(stderr).toContain('the configuration file is one which is larger than 1 MiB')
  })
})

describe('the generated files', () => {
  it('are up to date', async () => {
    const command = ['scripts/generate.ts', '--check']
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root }).catch(
      (error: unknown) => error as { stdout: string },
    )
    expect(stdout).not.toContain('config')
  })
})
