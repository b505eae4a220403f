import { readdirSync, readFileSync } from 'node:fs'
import { nextStepFor } from '../../../src/core/advice.ts'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { readCall } from '../../../src/cli/program.ts'
import { platformRules } from '../rules/platform-world.ts'

const root = resolve(import.meta.dirname, '../../..')

const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
const pages = ['README.md', 'helm/templates/NOTES.txt', ...inDocs.map((file) => join('docs', file))]
  .filter((file) => /\.(md|txt)$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

/** Wherever a page calls the program: in a line of a shell, a step of a pipeline, a sentence. */
function callsIn(text: string): readonly string[] {
  const joined = text.replaceAll(/\\\n\s*/g, '')
  return [...joined.matchAll(/(?<!upgrade |--install )caracal-gate [a-z][^\n`]*/g)].map(([call]) =>
    withoutQuote(call),
  )
}

/** Without the end of a quotation that the call itself stands in. */
function withoutQuote(call: string): string {
  const end = call.lastIndexOf("'")
  return call.split("'").length % 2 === 0 ? call.slice(0, end) : call
}

/**
 * What a line of a shell gives to the program, as far as it is about that: no pipes, no redirections, no variables. An
 * option that a variable switches on is given.
 */
function wordsOf(line: string): readonly string[] {
  const [command = ''] = line.replaceAll(/\$\{\w+:\+([^}]*)\}/g, '$1').split(/ [|>&;]+ ?| && |;/)
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map(([, double, single, bare]) => double ?? single ?? bare ?? '')
    .filter((word) => !word.startsWith('$values'))
    .slice(1)
}

const nowhere = { write: () => true }
const declared = await Promise.all(Object.values(commands).map((load) => load()))

/** The command that a line calls, or the exit code where it asks for help. Throws where the parser refuses it. */
async function called(line: string): Promise<string | number> {
  const call = await readCall(wordsOf(line), commands, { stdout: nowhere, stderr: nowhere })
  return typeof call === 'number' ? call : call.command.name
}

describe('an example', () => {
  // Where a page leaves something out, or names a command in general, nothing can be read.
  const written = pages.flatMap(({ file, text }) =>
    callsIn(text)
      .filter((call) => !/…|\{\{|COMMAND|--help|\[OPTIONS\]/.test(call))
      .map((call) => [file, call] as const),
  )

  it.each(written)('of %s is understood: %s', async (_, line) => {
    // A sentence may name a command or an option without what else it needs.
    await called(line).catch((error: Error) => {
      expect(error.message).toMatch(/^missing /)
    })
  })

  it.each(declared.flatMap(({ name, examples }) => examples.map(([line]) => [name, line] as const)))(
    'of the help of %s is understood: %s',
    async (name, line) => {
      expect(await called(line)).toBe(name)
    },
  )

  it('that a check gives as its next step is understood', async () => {
    const { gates, stops } = platformRules()
    const steps = [...gates.flatMap(({ checks }) => checks), ...stops].map((item) =>
      nextStepFor(item, undefined),
    )
    const ours = steps.filter((step) => step.startsWith('caracal-gate '))
    expect(ours.length).toBeGreaterThan(2)
    for (const step of ours) await called(step)
  })
})
