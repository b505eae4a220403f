import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { closedWords } from '../../../src/cli/command.ts'
import { commands, groups } from '../../../src/cli/commands.ts'
import { exitCodeMeanings } from '../../../src/cli/exit-codes.ts'
import { environment, helpOf, helpOfGroup, overview } from '../../../src/cli/help.ts'
import { ownLoaders } from '../../../src/cli/loaders.ts'

const page = readFileSync(join(resolve(import.meta.dirname, '../../..'), 'docs/cli.md'), 'utf8')

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

const common = sections.get('Options that all have') ?? ''

describe('the reference of the command line', () => {
  it.each(commands)('has a section for $name that names its argument, options and their words', (command) => {
    const [group = ''] = command.name.split(' ')
    const own = sections.get(command.name)
    expect(own).toBeDefined()
    const text = `${own}${groups.includes(group) ? sections.get(group) : ''}`
    for (const [option, { value, short }] of Object.entries(command.options)) {
      expect(`${text}${common}`).toMatch(new RegExp(`--${option}(?![a-z-])`))
      if (short !== undefined && option === 'output') expect(page).toContain(`-${short}`)
      for (const word of closedWords(value)) expect(`${text}${page}`).toContain(word)
    }
    const shown = command.argument?.name
    if (shown !== undefined && closedWords(shown).length === 0)
      expect(text).toContain(`${command.name} ${shown}`)
    for (const word of closedWords(shown)) expect(text).toContain(`${command.name} ${word}`)
  })

  it('has a section for nothing else that looks like a command', () => {
    const names = [...sections.keys()].filter((title) => /^[a-z-]+( [a-z-]+)?$/.test(title))
    expect(names.toSorted()).toEqual([...commands.map(({ name }) => name), ...groups].toSorted())
  })

  it('lists every exit code and every variable', () => {
    for (const [code] of exitCodeMeanings)
      expect(sections.get('Exit codes')).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'))
    for (const [name] of environment) expect(sections.get('Environment')).toContain(`\`${name}\``)
  })
})

describe('each command', () => {
  it.each(commands)('$name has exit codes, examples and a place in the overview', (command) => {
    expect(command.exits).toContain(0)
    expect(overview()).toContain(`  ${command.name} `)
    const help = helpOf(command)
    for (const code of command.exits) expect(help).toMatch(new RegExp(`^  ${code} `, 'm'))
    for (const [example] of command.examples) expect(example).toContain(`caracal-gate ${command.name}`)
  })

  it('can be run', () => {
    // The daemon's side is loaded by the program itself.
    const others = ['serve', 'check-config', 'doctor']
    const names = commands.map(({ name }) => name).filter((name) => !others.includes(name))
    expect(names.filter((name) => ownLoaders[name] === undefined)).toEqual([])
  })

  it('fits 80 columns in the overview and in the list of its group', () => {
    for (const text of [overview(), ...groups.map((group) => helpOfGroup(group))])
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})
