import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { namesOf, placeholder } from '../../../src/cli/command.ts'
import { commands } from '../../../src/cli/commands.ts'
import { exitCodeMeanings } from '../../../src/cli/exit-codes.ts'
import { helpOf, readCall } from '../../../src/cli/program.ts'

const all = await Promise.all(Object.values(commands).map((load) => load()))
const groups = [
  ...new Set(all.flatMap(({ name }) => (name.includes(' ') ? name.split(' ').slice(0, 1) : []))),
]

/** What the help prints for these arguments. */
async function printed(...words: readonly string[]): Promise<string> {
  let text = ''
  const stdout = { write: (part: string) => (text += part) }
  expect(await readCall(['help', ...words], commands, { stdout, stderr: stdout })).toBe(0)
  return text
}

const page = readFileSync(join(resolve(import.meta.dirname, '../../..'), 'docs/use/cli.md'), 'utf8')

/** What stands under each heading, up to the next one. */
const sections = new Map(
  page
    .split(/^#{2,3} /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf('\n')
      return [section.slice(0, end), section.slice(end)] as const
    }),
)

describe('the page about the command line', () => {
  it.each(all)('has a section for $name, and names its argument', ({ name, argument }) => {
    expect(sections.has(name)).toBe(true)
    if (argument?.isNeeded === true) expect(sections.get(name)).toContain(`${name} ${placeholder(argument)}`)
  })

  it('has a section for nothing else that looks like one', () => {
    const names = [...sections.keys()].filter((title) => /^[a-z-]+( [a-z-]+)?$/.test(title))
    // A command may be a group as well.
    const own = new Set([...all.map(({ name }) => name), ...groups])
    expect(names.toSorted()).toEqual([...own].toSorted())
  })
})

describe('each command', () => {
  it.each(all)('$name has exit codes, examples and a place in the overview', async (command) => {
    expect(command.exits).toContain(0)
    expect(await printed()).toContain(`  ${command.name} `)
    const help = helpOf(command)
    for (const code of command.exits) expect(help).toMatch(new RegExp(`^  ${code} `, 'm'))
    for (const [example] of command.examples) expect(example).toContain(`caracal-gate ${command.name}`)
  })

  it('is listed under its own name', () => {
    expect(Object.keys(commands)).toEqual(all.map(({ name }) => name))
  })

  it.each(all)('$name fits 80 columns, names every option, and so does the overview', async (command) => {
    const help = await printed(...command.name.split(' '))
    expect(help).toBe(helpOf(command))
    for (const [name] of Object.entries(command.options).flatMap(([key, one]) => namesOf(key, one)))
      expect(help).toContain(`--${name}`)
    expect(help).toMatch(/Examples:\n {2}# .+\n {2}caracal-gate/)
    const groupOf = command.name.split(' ').slice(0, 1)
    for (const text of [help, await printed(), await printed(...groupOf)])
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('has its exit codes in the overview', async () => {
    for (const [code] of exitCodeMeanings) expect(await printed()).toMatch(new RegExp(`^  ${code} `, 'm'))
  })
})
