import type { Statement } from './sql-statements.ts'

/** What a change of the schema means for a version that does not know of it. */
export type Effect =
  | { readonly kind: 'adds' }
  /** `what`: as it follows the name of the migration, `drops column x.y`. */
  | { readonly kind: 'breaks' | 'unclear'; readonly what: string }

/** What these migrations have made themselves; columns as `table.column`. */
export interface Made {
  readonly relation: Set<string>
  readonly column: Set<string>
  readonly routine: Set<string>
  readonly type: Set<string>
  readonly schema: Set<string>
  readonly role: Set<string>
}

export function nothingMade(): Made {
  return {
    relation: new Set(),
    column: new Set(),
    routine: new Set(),
    type: new Set(),
    schema: new Set(),
    role: new Set(),
  }
}

export function adds(): Effect {
  return { kind: 'adds' }
}

export function breaks(what: string): Effect {
  return { kind: 'breaks', what }
}

export function unclear(what: string): Effect {
  return { kind: 'unclear', what }
}

/**
 * A statement as words with a space between, for patterns: keywords and names in small letters, quoted names in double
 * quotes and without spaces, parts of a name joined by dots, a single quote for each string.
 */
export function signatureOf(statement: Statement): string {
  return statement
    .map(({ kind, value }) => {
      if (kind === 'text') return "'"
      return kind === 'name' ? `"${value.replaceAll(/[^\p{L}\p{N}_$]/gu, asNumber)}"` : value
    })
    .join(' ')
    .replaceAll(' . ', '.')
}

function asNumber(character: string): string {
  return `_${character.codePointAt(0) ?? 0}_`
}

/** A name for comparing: without the schema that everything is in, and without quotes that make no difference. */
export function clean(name: string): string {
  return name.replaceAll(/"([a-z_][a-z0-9_$]*)"/g, '$1').replace(/^public\./, '')
}

/** Whether all names of a list are of things that these migrations have made. */
export function mentions(names: string, made: Made, kind: keyof Made): boolean {
  const items = atTopLevel(names.replace(/ (?:cascade|restrict)$/, ''))
  return items.every((item) => made[kind].has(clean(item.replace(/^only /, '').split(' ')[0] ?? '')))
}

/** Splits at commas that stand in no parentheses. */
export function atTopLevel(text: string): readonly string[] {
  const parts: string[][] = [[]]
  let depth = 0
  for (const word of text.split(' ')) {
    if (word === '(') depth++
    if (word === ')') depth--
    if (word === ',' && depth === 0) parts.push([])
    else parts.at(-1)?.push(word)
  }
  return parts.map((part) => part.join(' '))
}

/** The text without what stands in parentheses. */
export function outside(text: string): string {
  let depth = 0
  return text
    .split(' ')
    .filter((word) => {
      if (word === '(') depth++
      const isOutside = depth === 0
      if (word === ')') depth--
      return isOutside
    })
    .join(' ')
}
