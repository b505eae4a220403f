// `npm test`: every test project and the checks of the source that need no tools beyond npm.
//   npm test                      everything
//   npm test -- test/unit/x.test.ts -t 'name'     what is named, by vitest's own arguments
// The last line is `N passed, N failed`, with `, N skipped` when this machine cannot run some of the files.
import { resolve } from 'node:path'
import { runCommand, wasInterrupted } from './command.ts'
import { filesToLeaveOut, type LeftOut } from './test-files.ts'
import { makeTestPrograms } from './test-programs.ts'
import type { Counts } from './vitest-counts.ts'
import { runProjects } from './vitest-projects.ts'

const root = resolve(import.meta.dirname, '..')
const checks = [
  { name: 'types', command: ['node_modules/.bin/tsc', '--noEmit'] },
  { name: 'lint', command: ['node_modules/.bin/oxlint', '--type-aware', '--deny-warnings', '--format=unix'] },
] as const

async function runCheck({ name, command }: (typeof checks)[number]): Promise<Counts> {
  const { code, output } = await runCommand(root, command, 'keep')
  const passed = code === 0
  say(`${passed ? 'passed' : 'FAILED'}: ${name}`)
  if (!passed) say(output.slice(-8000))
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, remarks: [] }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function sayWhatDidNotRun(leftOut: readonly LeftOut[]): void {
  if (leftOut.length === 0) return
  say('\n!!! NOT RUN on this machine:')
  for (const { file, why } of leftOut) say(`!!!   ${file}: ${why}`)
}

async function main(): Promise<number> {
  const args = process.argv.slice(2)
  // Unit tests need no programs: they run while others are built.
  const making = makeTestPrograms(args, say)
  // The checks of the source go here too: what starts servers, later, judges how punctual it is.
  const checking = args.length === 0 ? checks.map(runCheck) : []
  const results = [await runProjects(['unit'], [], args), ...(await Promise.all(checking))]
  if (wasInterrupted()) return 130
  const leftOut = await filesToLeaveOut(await making)
  sayWhatDidNotRun(leftOut)
  results.push(await runProjects(['e2e', 'integration'], leftOut, args))
  if (wasInterrupted()) return 130

  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  // In CI nothing may be missing: there a file that cannot run is a failure.
  const strict = process.env['CI'] === 'true'
  const failed = results.reduce((sum, result) => sum + result.failed, 0) + (strict ? leftOut.length : 0)
  for (const remark of results.flatMap((result) => result.remarks)) say(`!!! ${remark}`)
  sayWhatDidNotRun(leftOut)
  const skipped = leftOut.length > 0 && !strict ? `, ${leftOut.length} skipped` : ''
  say(`\n${passed} passed, ${failed} failed${skipped}`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = await main()
