/** What a change of the schema means for a version that does not know of it. */
export type Effect =
  | { readonly kind: 'adds' }
  /** `what`: as it follows the name of the migration, `drops column x.y`. */
  | { readonly kind: 'breaks' | 'unclear'; readonly what: string }

/** What these migrations have made themselves; columns as `table.column`, routines with the types of their arguments. */
export interface Made {
  readonly relation: Set<string>
  readonly column: Set<string>
  readonly routine: Set<string>
  readonly type: Set<string>
  readonly schema: Set<string>
  readonly role: Set<string>
  /** New columns that a row of the previous version leaves null: they have no default. */
  readonly nullColumn: Set<string>
}

export function nothingMade(): Made {
  return {
    relation: new Set(),
    column: new Set(),
    routine: new Set(),
    type: new Set(),
    schema: new Set(),
    role: new Set(),
    nullColumn: new Set(),
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

/** The worst of several: what breaks stands before what is unclear, the first of either before the others. */
export function worst(effects: readonly Effect[]): Effect {
  return (
    effects.find(({ kind }) => kind === 'breaks') ?? effects.find(({ kind }) => kind === 'unclear') ?? adds()
  )
}
