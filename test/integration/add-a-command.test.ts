import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchCopy, type ScratchCopy } from '../support/scratch-copy.ts'

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

const line = "  greet: async () => (await import('./greet.ts')).greet,"

/** A copy of what the command line and its page are made of; a command is added to it by one file and one line. */
let copy: ScratchCopy
beforeAll(async () => {
  copy = await scratchCopy('new-command', ['scripts/cli-reference.ts'])
  await copy.change('src/cli/greet.ts', () => command)
  await copy.change('src/cli/commands.ts', (text) => text.replace(/\}\n$/, `${line}\n}\n`))
})
afterAll(() => copy.remove())

async function caracalGate(...args: readonly string[]): Promise<string> {
  return (await copy.run(['src/main.ts', ...args])).stdout
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
    const reference = (await copy.run(['--input-type=module', '-e', page])).stdout
    expect(reference).toContain('### greet')
    expect(reference).toContain('--tone warm')
  })

  it('touches nothing else', async () => {
    const { 'src/cli/commands.ts': lines, ...files } = await copy.added()
    expect(lines).toEqual([line])
    expect(Object.keys(files)).toEqual(['src/cli/greet.ts'])
  })
})
