import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minimalEnvironment } from '../unit/config/loading.ts'

const root = resolve(import.meta.dirname, '../..')
/** What the generator, the compiler and the program need. */
const copied = [
  'src',
  'docs/http.md',
  'scripts',
  'alerts',
  'dashboards',
  'helm',
  'package.json',
  'tsconfig.json',
]
const schema = 'src/config/schema.ts'
const line = `    colour: oneOf('How log lines are coloured.', ['none', 'ansi']).default('none'),`
const run = promisify(execFile)

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'gate-key-'))
  await Promise.all(copied.map((name) => cp(join(root, name), join(scratch, name), { recursive: true })))
  await symlink(join(root, 'node_modules'), join(scratch, 'node_modules'))
  const text = await readFile(join(scratch, schema), 'utf8')
  const changed = text.replace(/^const log = z\n {2}\.strictObject\(\{$/m, (place) => `${place}\n${line}`)
  await writeFile(join(scratch, schema), changed)
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

function inScratch(script: string, ...options: readonly string[]) {
  return run(process.execPath, [script, ...options], { cwd: scratch, timeout: 60_000 })
}

function checkConfig(colour: string): Promise<{ stdout: string; stderr: string; code?: number }> {
  const env = { ...minimalEnvironment, CARACAL_GATE_LOG_COLOUR: colour }
  const command = ['src/main.ts', 'check-config', '--print']
  return run(process.execPath, command, { cwd: scratch, env, timeout: 60_000 }).catch(
    (error: unknown) => error as { stdout: string; stderr: string; code: number },
  )
}

/** Lines of the sources that the scratch copy has and the repository has not, by file. */
async function added(): Promise<Readonly<Record<string, readonly string[]>>> {
  const names = await readdir(join(scratch, 'src'), { recursive: true, withFileTypes: true })
  const differing = await Promise.all(
    names
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name).slice(scratch.length + 1)
        const [ours, theirs] = await Promise.all(
          [root, scratch].map(async (base) => (await readFile(join(base, path), 'utf8')).split('\n')),
        )
        const known = new Set(ours)
        return [path, theirs?.filter((each) => !known.has(each)) ?? []] as const
      }),
  )
  return Object.fromEntries(differing.filter(([, lines]) => lines.length > 0))
}

describe('a key of the configuration is one line', () => {
  it('of one file', async () => {
    expect(await added()).toEqual({ [schema]: [line] })
  })

  it('which gives its type', async () => {
    const uses = [
      `import type { Config } from './src/config/schema.ts'`,
      `export const colour = (config: Config): 'none' | 'ansi' => config.log.colour`,
      `// @ts-expect-error It is no number.`,
      `export const wrong = (config: Config): number => config.log.colour`,
    ]
    await writeFile(join(scratch, 'uses.ts'), uses.join('\n'))
    const settings = { extends: './tsconfig.json', include: [], files: ['uses.ts'] }
    await writeFile(join(scratch, 'uses.json'), JSON.stringify(settings))
    const compiled = await inScratch('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'uses.json').catch(
      (error: unknown) => error as { stdout: string },
    )
    expect(compiled.stdout).toBe('')
  })

  it('its line of the reference, with variable and default, and its JSON Schema', async () => {
    await Promise.all([
      inScratch('scripts/generate.ts'),
      inScratch('scripts/generate.ts', '--out', join(scratch, 'described')),
    ])
    const reference = await readFile(join(scratch, 'docs/configuration.md'), 'utf8')
    const row = reference.split('\n').find((each) => each.includes('`log.colour`'))
    expect(row?.split('|').map((cell) => cell.trim())).toEqual([
      '',
      '`log.colour`',
      '`CARACAL_GATE_LOG_COLOUR`',
      'none, ansi',
      '`none`',
      'How log lines are coloured.',
      '',
    ])
    const described = await readFile(join(scratch, 'described/config.schema.json'), 'utf8')
    expect(JSON.parse(described)).toHaveProperty('properties.log.properties.colour', {
      type: 'string',
      enum: ['none', 'ansi'],
      default: 'none',
      description: 'How log lines are coloured.',
    })
  })

  it('and its checks, by variable too', async () => {
    const [good, bad] = await Promise.all([checkConfig('ansi'), checkConfig('red')])
    expect(good.stdout).toContain('log:\n  colour: ansi\n')
    expect(bad.code).toBe(2)
    expect(bad.stderr).toContain(
      'environment variable CARACAL_GATE_LOG_COLOUR: log.colour is "red"; allowed: none, ansi',
    )
  })
})
