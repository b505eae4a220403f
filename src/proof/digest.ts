import { createHash } from 'node:crypto'
import { byText } from '../core/lists.ts'
import { unprintable } from '../core/text.ts'

/** SHA-256 in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/**
 * The one text of a JSON value: members by the code units of their names, no spaces, what acts on a terminal as escapes.
 * Any other text of the same value differs from it, so that a comparison sees every byte.
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => byText(a, b))
    .map(([name, member]) => `${quoted(name)}:${canonical(member)}`)
  return `{${members.join(',')}}`
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(unprintable, (run) =>
    Array.from({ length: run.length }, (_, at) => `\\u${hex(run.charCodeAt(at))}`).join(''),
  )
}

function hex(code: number): string {
  return code.toString(16).padStart(4, '0')
}

/** What a line of the ledger says, as its hash covers it. */
interface Covered {
  readonly at: number
  readonly kind: string
  readonly subject: string
  readonly message: string
  readonly from?: string | null | undefined
  readonly to?: string | null | undefined
  readonly rollout?: string | null | undefined
  readonly actor?: string | null | undefined
}

/** The hash of a line of the ledger that is chained after `previous`. */
export function hashOfLine(previous: string, sequence: number, line: Covered): string {
  const { at, kind, subject, message, from, to, rollout, actor } = line
  return sha256(JSON.stringify([previous, sequence, at, kind, subject, message, from, to, rollout, actor]))
}

/** Lines that are chained without a break, in the order of the chain. */
export function chainsOf<Line extends { readonly sequence: number; previous: string; hash: string }>(
  lines: readonly Line[],
): readonly (readonly Line[])[] {
  const chains: Line[][] = []
  for (const line of lines.toSorted((a, b) => a.sequence - b.sequence)) {
    const last = chains.at(-1)
    if (last?.at(-1)?.hash === line.previous) last.push(line)
    else chains.push([line])
  }
  return chains
}
