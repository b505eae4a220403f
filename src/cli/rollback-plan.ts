import type { Migration } from './migration-set.ts'
import { nothingMade, unclear, type Effect, type Made } from '../sql/effects.ts'
import { readScript } from '../sql/script.ts'
import { effectOf } from '../sql/statements.ts'
import { printable } from './text.ts'

/** Something in a migration that speaks against the previous version, or may. */
export interface Change {
  readonly version: string
  readonly line: number
  readonly what: string
}

export interface Plan {
  /** Whether the previous version runs on the schema that the migrations make. */
  readonly compatible: boolean | 'unclear'
  readonly message: string
  /** What is applied on top of the previous version, in its order. */
  readonly pending: readonly string[]
  readonly breaking: readonly Change[]
  readonly unclear: readonly Change[]
}

/** Concludes from the migrations that are applied on top of the previous version. */
export async function planOf(pending: readonly Migration[], before: string): Promise<Plan> {
  const made = nothingMade()
  const read: FileChanges[] = []
  // One after the other: what one makes the next may take away.
  for (const migration of pending) read.push(await changesIn(migration, made))
  const breaking = read.flatMap(({ breaks }) => breaks)
  const doubts = read.flatMap(({ doubts: found }) => found)
  const versions = pending.map(({ version }) => version)
  const parts = { pending: versions, breaking, unclear: doubts }
  if (breaking.length > 0) return { compatible: false, message: inWords(breaking), ...parts }
  if (doubts.length > 0) return { compatible: 'unclear', message: inWords(doubts), ...parts }
  const message =
    versions.length === 0
      ? `no migration is applied on top of ${before}`
      : `what is applied on top of ${before} only adds: ${versions.join(', ')}`
  return { compatible: true, message, ...parts }
}

interface FileChanges {
  readonly breaks: readonly Change[]
  readonly doubts: readonly Change[]
}

async function changesIn({ version, sql }: Migration, made: Made): Promise<FileChanges> {
  const { parts, comments } = await readScript(sql)
  const tags = comments.flatMap(({ text, line }): [number, Effect][] => {
    const phase = /^\s*caracal:phase\s+(\S+)/.exec(text)?.[1]
    if (phase === undefined || phase === 'expand') return []
    if (phase === 'contract') return [[line, { kind: 'breaks', what: 'is tagged as contract phase' }]]
    return [[line, unclear(`is tagged as a phase that is not known: ${printable(phase, 40)}`)]]
  })
  const effects = parts.map((part): [number, Effect] => [part.line, effectOf(part, made)])
  const all = [...tags, ...effects].flatMap(([line, effect]) =>
    effect.kind === 'adds' ? [] : [{ kind: effect.kind, version, line, what: printable(effect.what, 160) }],
  )
  const of = (kind: 'breaks' | 'unclear'): readonly Change[] =>
    all.filter((change) => change.kind === kind).map(({ kind: _, ...change }) => change)
  return { breaks: of('breaks'), doubts: of('unclear') }
}

function inWords(changes: readonly Change[]): string {
  const [first, ...more] = changes
  if (first === undefined) return ''
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`
  return `${first.version}, line ${first.line}, ${first.what}${rest}`
}
