import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runCommand } from './command.ts'
import type { LeftOut } from './test-files.ts'
import { countVitest, type Counts } from './vitest-counts.ts'

const root = resolve(import.meta.dirname, '..')

/** Runs projects of vitest.config.ts without the files that are left out, shows what they say, and counts. */
export async function runProjects(
  projects: readonly string[],
  leftOut: readonly LeftOut[],
  args: readonly string[],
): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'gate-test-'))
  const report = join(folder, 'report.json')
  const exclude = leftOut.map(({ file }) => `--exclude=${file}`)
  const options = [
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const named = projects.flatMap((project) => ['--project', project])
  const command = ['node_modules/.bin/vitest', 'run', ...named, ...options, ...exclude, ...args]
  try {
    const { code } = await runCommand(root, command, 'show')
    const text = await readFile(report, 'utf8').catch(() => undefined)
    return countVitest(text, code, { filtered: args.length > 0 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
