import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BadOption, optionsFrom, usage } from './options.ts'
import { runChaos } from './run.ts'
import { kinds } from './kinds.ts'

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function main(words: readonly string[]): Promise<number> {
  const options = optionsFrom(words)
  if (options.help) {
    tell(usage)
    return 0
  }
  if (options.list) {
    for (const { name, describe } of kinds) tell(`${name.padEnd(28)} ${describe}`)
    return 0
  }
  if (process.platform !== 'linux') {
    process.stderr.write('what a process uses is read from /proc: this needs Linux\n')
    return 1
  }
  // What the image holds: a daemon that runs from its sources takes a hundred megabytes more.
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../scripts/build.ts')])
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort())
  return runChaos(options, tell, interruption.signal)
}

process.exitCode = await main(process.argv.slice(2)).catch((fault: unknown) => {
  const text = fault instanceof BadOption ? `${fault.message}\n\n${usage}` : String(fault)
  process.stderr.write(`${text}\n`)
  return fault instanceof BadOption ? 2 : 1
})
