import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchCopy, type ScratchCopy } from '../support/scratch-copy.ts'
import { minimalEnvironment } from '../unit/config/loading.ts'

/** What the generator, the compiler and the program need. */
const parts = ['docs/reference/http.md', 'scripts', 'alerts', 'dashboards', 'helm', 'tsconfig.json']
const schema = 'src/config/schema.ts'
const line = `    colour: oneOf('How log lines are coloured.', ['none', 'ansi']).default('none'),`

let copy: ScratchCopy
beforeAll(async () => {
  copy = await scratchCopy('new-key', parts)
  await copy.change(schema, (text) =>
    text.replace(/^const log = z\n {2}\.strictObject\(\{$/m, (place) => `${place}\n${line}`),
  )
})
afterAll(() => copy.remove())

function checkConfig(colour: string): Promise<{ stdout: string; stderr: string; code?: number }> {
  const env = { ...minimalEnvironment, CARACAL_GATE_LOG_COLOUR: colour }
  return copy
    .run(['src/main.ts', 'check-config', '--print'], env)
    .catch((error: unknown) => error as { stdout: string; stderr: string; code: number })
}

describe('a key of the configuration is one line', () => {
  it('of one file', async () => {
    expect(await copy.added()).toEqual({ [schema]: [line] })
  })

  it('which gives its type', async () => {
    const uses = [
      `import type { Config } from './src/config/schema.ts'`,
      `export const colour = (config: Config): 'none' | 'ansi' => config.log.colour`,
      `// @ts-expect-error It is no number.`,
      `export const wrong = (config: Config): number => config.log.colour`,
    ]
    await writeFile(join(copy.folder, 'uses.ts'), uses.join('\n'))
    const settings = { extends: './tsconfig.json', include: [], files: ['uses.ts'] }
    await writeFile(join(copy.folder, 'uses.json'), JSON.stringify(settings))
    const compiled = await copy
      .run(['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'uses.json'])
      .catch((error: unknown) => error as { stdout: string })
    expect(compiled.stdout).toBe('')
  })

  it('its line of the reference, with variable and default, and its JSON Schema', async () => {
    await Promise.all([
      copy.run(['scripts/generate.ts']),
      copy.run(['scripts/generate.ts', '--out', join(copy.folder, 'described')]),
    ])
    const reference = await readFile(join(copy.folder, 'docs/reference/configuration.md'), 'utf8')
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
    const described = await readFile(join(copy.folder, 'described/config.schema.json'), 'utf8')
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
