import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const exec = promisify(execFile)
let copy: string

const command = `import { command } from './command.ts'
import { choice, flag } from './options.ts'

export const greet = command({
  name: 'greet',
  area: 'shell',
  says: 'say good morning',
  more: [],
  options: { tone: choice(['warm', 'cool'], 'how it is said'), loud: flag('in capitals') },
  exits: [0],
  examples: [['caracal-gate greet --loud', 'for those far away']],
  async run({ stdout }, { tone, loud }) {
    const text = \`good morning, \${tone}\\n\`
    return Promise.resolve(stdout.write(loud ? text.toUpperCase() : text) ? 0 : 1)
  },
})
`

/** A copy of what the command line and its page are made of; a command is added to it by one file and one line. */
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'caracal-gate-command-'))
  for (const part of ['src', 'package.json', 'scripts/cli-reference.ts'])
    await cp(join(root, part), join(copy, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  await writeFile(join(copy, 'src/cli/greet.ts'), command)
  const list = join(copy, 'src/cli/commands.ts')
  const lines = (await readFile(list, 'utf8')).trimEnd().split('\n')
  lines.splice(-1, 0, "  greet: async () => (await import('./greet.ts')).greet,")
  await writeFile(list, `${lines.join('\n')}\n`)
})
afterAll(() => rm(copy, { recursive: true }))

async function output(...args: readonly string[]): Promise<string> {
  return (await exec(process.execPath, [...args], { cwd: copy })).stdout
}

async function caracalGate(...args: readonly string[]): Promise<string> {
  return output('src/main.ts', ...args)
}

describe('a command', () => {
  it('is one file and one line, and then runs, with help, completion, suggestions and its part of the page', async () => {
    expect(await caracalGate('greet', '--tone', 'cool', '--loud')).toBe('GOOD MORNING, COOL\n')
    expect(await caracalGate('help')).toMatch(/^ {2}greet +say good morning$/m)
    expect(await caracalGate('greet', '--help')).toContain('--tone warm|cool')
    expect(await caracalGate('__complete', 'bash', 'gre')).toBe('greet')
    expect(await caracalGate('__complete', 'bash', 'greet', '--tone', 'w')).toBe('warm')
    const wrong = caracalGate('greet', '--tone', 'cold')
    await expect(wrong).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('allowed: warm, cool'),
    })
    const page =
      "process.stdout.write(JSON.stringify(await (await import('./scripts/cli-reference.ts')).cliReference()))"
    const reference = await output('--input-type=module', '-e', page)
    expect(reference).toContain('### greet')
    expect(reference).toContain('--tone warm')
  })

  it('touches nothing else', async () => {
    const changed = await exec('diff', ['-rq', join(root, 'src'), join(copy, 'src')]).catch(
      ({ stdout }: { readonly stdout: string }) => ({ stdout }),
    )
    expect(changed.stdout.trim().split('\n')).toEqual([
      `Files ${root}/src/cli/commands.ts and ${copy}/src/cli/commands.ts differ`,
      `Only in ${copy}/src/cli: greet.ts`,
    ])
    const list = async (folder: string) =>
      (await readFile(join(folder, 'src/cli/commands.ts'), 'utf8')).split('\n')
    expect(await list(copy)).toHaveLength((await list(root)).length + 1)
  })
})
