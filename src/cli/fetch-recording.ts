import fs from 'node:fs'
import { messageOf } from '../core/text.ts'
import { problemType } from '../contract/wire.ts'
import { wholeReply } from './answer.ts'
import { exitCodes, interruptionCode } from './exit-codes.ts'
import { ask, type Endpoint } from './http.ts'
import { problemOf } from './origin.ts'
import type { CliProcess } from './process.ts'
import { printable } from './text.ts'

/** Milliseconds for one recording, over a slow link. */
const patience = 10 * 60_000

/** Fetches one into a file, or to stdout for `-`; gives the exit code. Under its name there is the whole file or nothing. */
export async function fetchRecording(
  out: string,
  name: string,
  endpoint: Endpoint,
  { interrupted, stderr, stdout }: CliProcess,
): Promise<number> {
  const part = `${out}.part`
  let file: Awaited<ReturnType<typeof fs.promises.open>> | undefined
  try {
    file = out === '-' ? undefined : await fs.promises.open(part, 'w', 0o600)
    const own = file
    const take = async (chunk: Uint8Array): Promise<void> =>
      void (own === undefined ? stdout.write(chunk) : await own.writeFile(chunk))
    const request = {
      path: `recordings/${encodeURIComponent(name)}`,
      within: patience,
      signal: interrupted,
      take,
    }
    const reply = await ask(endpoint, request)
    if (interrupted.aborted) return interruptionCode(interrupted)
    const problem = 'status' in reply ? problemOf(reply) : undefined
    const had = wholeReply(reply)
    if ('kind' in had) {
      const isGone = problem?.type === problemType('no-such-recording')
      stderr.write(isGone ? `${name} was removed meanwhile\n` : `cannot fetch ${name}: ${had.message}\n`)
      return isGone ? exitCodes.unknownId : exitCodes.blindSpot
    }
    if (own === undefined) return exitCodes.proceed
    await own.sync()
    await fs.promises.rename(part, out)
    stderr.write(`${out}\n`)
    return exitCodes.proceed
  } catch (fault) {
    stderr.write(`${printable(out, 200)} can't be written: ${messageOf(fault)}\n`)
    return exitCodes.blindSpot
  } finally {
    await file?.close()
    if (file !== undefined) await fs.promises.rm(part, { force: true })
  }
}
