import type { Node, RangeVar } from 'libpg-query'
import { adds, relationName, unclear, type Effect, type Judges, type Made } from './effects.ts'
import { sideEffect } from './expressions.ts'

/** Statements about rows. */
export const rowJudges: Judges = {
  SelectStmt: (body, made) =>
    unlessItActs([{ SelectStmt: body }], () => {
      const into = body.intoClause?.rel
      if (into?.relpersistence === 'p') made.relation.add(relationName(into))
      return adds()
    }),
  InsertStmt({ selectStmt, withClause, returningClause, onConflictClause, relation }, made) {
    const read = [selectStmt, ...(withClause?.ctes ?? []), ...(returningClause?.exprs ?? [])]
    const isUpdate = onConflictClause !== undefined && onConflictClause.action !== 'ONCONFLICT_NOTHING'
    return unlessItActs(read, () => (isUpdate ? ofRows('changes', relation, made) : adds()))
  },
  UpdateStmt({ relation, targetList = [], whereClause, fromClause = [], withClause, returningClause }, made) {
    const read = [whereClause, ...fromClause, ...(withClause?.ctes ?? []), ...(returningClause?.exprs ?? [])]
    const table = relationName(relation)
    const isNew = (target: Node): boolean =>
      'ResTarget' in target && made.column.has(`${table}.${target.ResTarget.name ?? ''}`)
    return unlessItActs([...targetList, ...read], () =>
      targetList.length > 0 && targetList.every(isNew) ? adds() : ofRows('changes', relation, made),
    )
  },
  DeleteStmt: ({ relation, whereClause, usingClause = [], withClause }, made) =>
    unlessItActs([whereClause, ...usingClause, ...(withClause?.ctes ?? [])], () =>
      ofRows('deletes', relation, made),
    ),
  CopyStmt({ is_from, is_program, query, whereClause }) {
    const isRead = is_from === true && is_program !== true && query === undefined
    return isRead && sideEffect(whereClause) === undefined ? adds() : undefined
  },
}

function ofRows(does: 'changes' | 'deletes', relation: RangeVar | undefined, made: Made): Effect {
  const table = relationName(relation)
  return made.relation.has(table) ? adds() : unclear(`${does} rows of ${table}`)
}

/** What `make` says, unless an expression or query that is carried out for it does more than read. */
export function unlessItActs<Result extends Effect | undefined>(
  executed: readonly (Node | undefined)[],
  make: () => Result,
): Effect | Result {
  const effect = executed.map(sideEffect).find((one) => one !== undefined)
  return effect === undefined ? make() : unclear(effect)
}
