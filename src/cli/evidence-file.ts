import fs from 'node:fs'
import { codeOf } from '../core/text.ts'
import type { Found } from './evidence.ts'
import { UsageError } from './options.ts'
import { printable } from './text.ts'

/** As the exporter: what it does not take is not read. */
const LARGEST = 256 * 1024

type Members = Readonly<Record<string, unknown>>

/**
 * What a program found out and wrote down: an object with `outcome`, `issuedAt` and, of each replica, `replicas`, or what
 * `caracal-gate canary -o json` prints. Other members are left out; what these must be like the exporter says.
 * @throws UsageError
 */
export async function foundIn(file: string, check: string): Promise<Found> {
  const members = parsed(await textOf(file), file)
  const { outcome, issuedAt, message, digest, rollout, entries, replicas = entries } = members
  if (outcome !== 'pass' && outcome !== 'fail' && outcome !== 'unknown')
    throw wrong(file, 'outcome', 'pass, fail or unknown')
  // Without it a result of last week would be one of now.
  if (typeof issuedAt !== 'string')
    throw wrong(file, 'issuedAt', 'the time at which it was found out, in RFC 3339')
  if (replicas !== undefined && !Array.isArray(replicas)) throw wrong(file, 'replicas', 'a list')
  return {
    check,
    // Evidence has no third word, and what is unknown never passes.
    outcome: outcome === 'pass' ? 'pass' : 'fail',
    issuedAt,
    message: typeof message === 'string' && message.trim() !== '' ? message : outcome,
    ...(typeof digest === 'string' && { digest }),
    ...(typeof rollout === 'string' && { rollout }),
    ...(replicas !== undefined && { replicas: replicas.map(entryOf) }),
  }
}

const entryMembers = ['component', 'replica', 'outcome', 'step', 'reason', 'message']

/** What the exporter takes of an entry; what is no entry goes as it is, so that it is refused. */
function entryOf(entry: unknown): object {
  if (typeof entry !== 'object' || entry === null) return { entry }
  return Object.fromEntries(Object.entries(entry).filter(([name]) => entryMembers.includes(name)))
}

function wrong(file: string, member: string, allowed: string): UsageError {
  return new UsageError(`--file: ${member} of ${printable(file, 200)} must be ${allowed}`)
}

function parsed(text: string, file: string): Members {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  } catch {
    // The message of the parser quotes the text.
  }
  throw new UsageError(`--file: ${printable(file, 200)} is not a JSON object`)
}

async function textOf(file: string): Promise<string> {
  const shown = printable(file, 200)
  const unreadable = (error: unknown): never => {
    throw new UsageError(`--file: ${shown} cannot be read (${codeOf(error) ?? 'no access'})`)
  }
  const status = await fs.promises.stat(file).catch(unreadable)
  if (!status.isFile()) throw new UsageError(`--file: ${shown} is not a file`)
  if (status.size > LARGEST) throw new UsageError(`--file: ${shown} is larger than ${LARGEST / 1024} KiB`)
  return fs.promises.readFile(file, 'utf8').catch(unreadable)
}
