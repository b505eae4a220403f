import type { Node, RangeVar } from 'libpg-query'
import { adds, type Effect, type Made, relationName, unclear } from './effects.ts'
import { sideEffect } from './expressions.ts'

/** Statements about rows. */
export function rowsEffect(node: Node, made: Made): Effect | undefined {
  if ('SelectStmt' in node) {
    const { intoClause } = node.SelectStmt
    return unlessItActs(node, () => {
      if (intoClause?.rel?.relpersistence === 'p') made.relation.add(relationName(intoClause.rel))
      return adds()
    })
  }
  if ('InsertStmt' in node) {
    const { selectStmt, withClause, returningClause, onConflictClause, relation } = node.InsertStmt
    const changes = executedOf([selectStmt, ...(withClause?.ctes ?? []), ...(returningClause?.exprs ?? [])])
    if (changes !== undefined) return unclear(changes)
    const isUpdate = onConflictClause !== undefined && onConflictClause.action !== 'ONCONFLICT_NOTHING'
    return isUpdate ? ofRows(relation, made) : adds()
  }
  if ('UpdateStmt' in node) return updated(node.UpdateStmt, made)
  if ('DeleteStmt' in node) {
    const { relation, whereClause, usingClause = [], withClause } = node.DeleteStmt
    const executed = executedOf([whereClause, ...usingClause, ...(withClause?.ctes ?? [])])
    if (executed !== undefined) return unclear(executed)
    return made.relation.has(relationName(relation))
      ? adds()
      : unclear(`deletes rows of ${relationName(relation)}`)
  }
  if (!('CopyStmt' in node)) return undefined
  const { is_from, is_program, query, whereClause } = node.CopyStmt
  return is_from === true &&
    is_program !== true &&
    query === undefined &&
    sideEffect(whereClause) === undefined
    ? adds()
    : undefined
}

function executedOf(nodes: readonly (Node | undefined)[]): string | undefined {
  return nodes.map(sideEffect).find((effect) => effect !== undefined)
}

function ofRows(relation: RangeVar | undefined, made: Made): Effect {
  const table = relationName(relation)
  return made.relation.has(table) ? adds() : unclear(`changes rows of ${table}`)
}

function updated(statement: Extract<Node, { UpdateStmt: unknown }>['UpdateStmt'], made: Made): Effect {
  const { relation, targetList = [], whereClause, fromClause = [], withClause, returningClause } = statement
  const read = [whereClause, ...fromClause, ...(withClause?.ctes ?? []), ...(returningClause?.exprs ?? [])]
  const executed = executedOf([...targetList, ...read])
  if (executed !== undefined) return unclear(executed)
  const table = relationName(relation)
  const isNew = (target: Node): boolean =>
    'ResTarget' in target && made.column.has(`${table}.${target.ResTarget.name ?? ''}`)
  return targetList.length > 0 && targetList.every(isNew) ? adds() : ofRows(relation, made)
}

/** What `make` says, unless the query that is carried out for it does more than read. */
export function unlessItActs(query: Node | undefined, make: () => Effect): Effect {
  const effect = sideEffect(query)
  return effect === undefined ? make() : unclear(effect)
}
