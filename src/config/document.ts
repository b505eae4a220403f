import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import { said, type Fault } from './faults.ts'
import { isMapping, type Path, type Tree } from './tree.ts'

/** Longest configuration that is read; no real one comes near it. */
const LONGEST = 1024 * 1024
/** Most nodes that the aliases of a configuration may add up to. */
const MOST_ALIASES = 100
/** Most nodes that a configuration has when every alias and merge is written out. */
const MOST_EXPANDED = 100_000
const TOO_MANY_ALIASES = 'the aliases of the file repeat too much'
/** Levels of mappings and lists; the schema has six. */
const DEEPEST = 20

/** A configuration file as it was read. */
export interface ConfigDocument {
  readonly tree: Tree
  readonly faults: readonly Fault[]
  /** The place of the key or list item at `path`, or of its nearest parent that has one. */
  readonly locate: (path: Path) => string | undefined
}

export const noDocument: ConfigDocument = { tree: {}, faults: [], locate: () => undefined }

/** Reads YAML. A file that cannot be read as a mapping yields faults and an empty tree. */
export function documentOf(file: string, content: Uint8Array): ConfigDocument {
  function refused(what: string, allowed: string, location = file): ConfigDocument {
    return {
      ...noDocument,
      faults: [said({ path: [], location, allowed }, what)],
      locate: () => file,
    }
  }
  if (content.length > LONGEST) return refused(`the file has ${content.length} bytes`, `at most ${LONGEST}`)
  const text = decoded(content)
  if (text === undefined) return refused('the file is not UTF-8', 'YAML in UTF-8')
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
    const problems = [...document.errors, ...document.warnings]
    if (problems.length > 0) {
      const faults = problems.map(({ code, pos: [offset] }) => {
        const location = placeOf(file, lines, offset)
        return said({ path: [], location, allowed: 'YAML 1.2' }, yamlFault(code, text, offset))
      })
      return { tree: {}, faults, locate: () => file }
    }
    const size = expanded(document, document.contents)
    if (size === undefined) return refused('an alias of the file has no anchor before it', 'a plain mapping')
    // A merge is written out without the parser counting its aliases.
    if (size > MOST_EXPANDED) return refused(TOO_MANY_ALIASES, 'a plain mapping')
    const tree: unknown = document.toJS({ maxAliasCount: MOST_ALIASES })
    if (tree === null) return refused('the file is empty', 'a mapping of configuration keys')
    if (!isMapping(tree)) return refused('the file holds no mapping', 'a mapping of configuration keys')
    if (depthOf(tree) > DEEPEST) return refused('the file is nested too deeply', `at most ${DEEPEST} levels`)
    return { tree, faults: [], locate: (path) => locate(file, document, lines, path) }
  } catch (error) {
    return refused(unreadable(error), 'a plain mapping')
  }
}

/**
 * How many nodes there are below this one when every alias is written out; undefined when an alias has no anchor. An alias
 * of a node that contains it counts as none.
 */
function expanded(document: Document.Parsed, root: Node | null): number | undefined {
  const known = new Map<Node, number>()
  let isWhole = true
  function of(node: Node | null | undefined): number {
    const held = isAlias(node) ? node.resolve(document) : node
    if (isAlias(node) && held === undefined) isWhole = false
    if (held === null || held === undefined) return 1
    const before = known.get(held)
    if (before !== undefined) return before
    known.set(held, 0)
    const below = isMap<Node, Node | null>(held)
      ? held.items.flatMap(({ key, value }) => [key, value])
      : isSeq<Node>(held)
        ? held.items
        : []
    const count = below.reduce((sum, one) => sum + of(one), 1)
    known.set(held, count)
    return count
  }
  const size = of(root)
  return isWhole ? size : undefined
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let deepest = 0
  for (const child of Object.values(value)) deepest = Math.max(deepest, depthOf(child))
  return deepest + 1
}

/** The parser counts the aliases, and throws this for too many of them; for deep nesting it runs out of stack. */
function unreadable(error: unknown): string {
  return error instanceof ReferenceError ? TOO_MANY_ALIASES : 'the file is nested too deeply'
}

function decoded(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return undefined
  }
}

// The parser's own messages quote the file, which may hold a secret that should not be there.
const yamlFaults: Readonly<Record<string, string>> = {
  BAD_INDENT: 'this is indented wrongly, or a bracket is not closed',
  BAD_SCALAR_START: 'text cannot start with this character unless it is in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping is not allowed here',
  MISSING_CHAR: 'a quote, colon or bracket is missing',
  MULTIPLE_DOCS: 'the file holds more than one document',
  RESOURCE_EXHAUSTION: 'the file is nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent',
  TAG_RESOLVE_FAILED: 'tags are not understood',
  UNEXPECTED_TOKEN: 'this is not allowed here',
}

function yamlFault(code: string, text: string, offset: number): string {
  if (code !== 'DUPLICATE_KEY') return yamlFaults[code] ?? 'this is not understood'
  const [, key = ''] = /^["']?([\w.-]{0,80})/.exec(text.slice(offset)) ?? []
  return `the key "${key}" is given twice`
}

function placeOf(file: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset)
  return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`
}

function locate(file: string, document: Document.Parsed, lines: LineCounter, path: Path): string {
  let node: Node | null | undefined = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const key of path) {
    const [place, next] = step(document, node, key)
    if (place === undefined) break
    offset = place
    node = next
  }
  return placeOf(file, lines, offset)
}

const MERGE = '<<'

/** The parser reads the key as a symbol. */
function isMerge({ key }: { readonly key: Node }): boolean {
  return isScalar(key) && key.source === MERGE
}

/** The place of the key or item, and what is under it. */
function step(
  document: Document.Parsed,
  node: Node | null | undefined,
  key: string | number,
): readonly [number | undefined, Node | null] {
  const held = isAlias(node) ? node.resolve(document) : node
  if (isSeq<Node>(held)) {
    const item = held.items[Number(key)]
    return [item?.range?.[0], item ?? null]
  }
  if (!isMap<Node, Node | null>(held)) return [undefined, null]
  const named = (name: string) =>
    held.items.find((candidate) => isScalar(candidate.key) && String(candidate.key.value) === name)
  const pair = named(String(key))
  if (pair !== undefined) return [pair.key.range?.[0], pair.value ?? null]
  // What a merge brings has the place of its source.
  const merged = held.items.find(isMerge)?.value ?? null
  const sources = isSeq<Node>(merged) ? merged.items : [merged]
  for (const source of sources) {
    const found = source === null ? undefined : step(document, source, key)
    if (found?.[0] !== undefined) return found
  }
  return [undefined, null]
}
