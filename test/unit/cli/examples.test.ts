import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandNamed, nameAndRest, readOptions } from '../../../src/cli/arguments.ts'
import { commands } from '../../../src/cli/commands.ts'
import { platformRules } from '../checks/platform-world.ts'

const root = resolve(import.meta.dirname, '../../..')

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((file) => join('docs', file))]
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

/** What a line of a shell gives to the program, as far as it is about that: no pipes, no redirections, no variables. */
function wordsOf(line: string): readonly string[] {
  const [command = ''] = line.split(/ [|>&] ?| && /)
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map(([, double, single, bare]) => double ?? single ?? bare ?? '')
    .filter((word) => !word.startsWith('$values'))
    .slice(1)
}

function check(line: string): void {
  const [name, rest] = nameAndRest(wordsOf(line))
  readOptions(commandNamed(name), rest)
}

describe('an example', () => {
  const written = pages.flatMap(({ file, text }) =>
    [...text.matchAll(/^(?:\$ )?(caracal-gate [a-z].*)$/gm)].map(([, line = '']) => [file, line] as const),
  )

  it.each(written)('of %s is understood: %s', (_, line) => {
    // Where a page names a command in general, its name stands for it.
    if (!line.includes('COMMAND')) check(line)
  })

  it.each(commands.flatMap(({ name, examples }) => examples.map(([line]) => [name, line] as const)))(
    'of the help of %s is understood: %s',
    (name, line) => {
      check(line)
      expect(nameAndRest(wordsOf(line))[0]).toBe(name)
    },
  )

  it('that a check gives as its next step is understood', () => {
    const { gates, stops } = platformRules()
    const steps = [...gates.flatMap(({ checks }) => checks), ...stops].map(({ nextStep }) => nextStep)
    const ours = steps.filter((step) => step.startsWith('caracal-gate '))
    expect(ours.length).toBeGreaterThan(2)
    for (const step of ours) check(step)
  })
})
