import type { A_Expr, Node } from 'libpg-query'
import { constant, functionName, words } from './expressions.ts'
import { named, walk } from './shapes.ts'

/** What a condition may come to, in the logic of SQL, as a sum of these. */
const TRUE = 1
const NULL = 2
const FALSE = 4
const OPEN = TRUE | NULL | FALSE

/**
 * Whether a CHECK refuses no row of the previous version, which leaves the columns of `isNull` null and writes anything
 * into the others. A CHECK refuses what is false; null passes.
 */
export function passesNull(check: Node, isNull: (column: string) => boolean): boolean {
  return (outcomeOf(check, isNull) & FALSE) === 0
}

// Functions that give null for null.
const strict =
  words(`length char_length character_length octet_length lower upper btrim ltrim rtrim substr substring left
  right abs round ceil floor jsonb_typeof json_typeof jsonb_array_length array_length cardinality starts_with strpos position
  date_trunc date_part extract regexp_replace split_part replace`)

function outcomeOf(node: Node, isNull: (column: string) => boolean): number {
  const inner = (child: Node | undefined): number => (child === undefined ? OPEN : outcomeOf(child, isNull))
  if ('ColumnRef' in node) return isNull(columnOf(node) ?? '') ? NULL : OPEN
  if ('A_Const' in node) {
    const { isnull, boolval } = node.A_Const
    return isnull === true ? NULL : boolval === undefined ? OPEN : boolval.boolval === true ? TRUE : FALSE
  }
  if ('TypeCast' in node) return inner(node.TypeCast.arg) === NULL ? NULL : OPEN
  if ('CollateClause' in node) return inner(node.CollateClause.arg) === NULL ? NULL : OPEN
  if ('FuncCall' in node) {
    const isStrict = strict.has(functionName({ ...node.FuncCall }))
    return isStrict && (node.FuncCall.args ?? []).some((arg) => inner(arg) === NULL) ? NULL : OPEN
  }
  if ('A_Expr' in node) return comparison(node.A_Expr, inner)
  if ('NullTest' in node) {
    const { arg, nulltesttype } = node.NullTest
    return inner(arg) !== NULL ? TRUE | FALSE : nulltesttype === 'IS_NULL' ? TRUE : FALSE
  }
  if (!('BoolExpr' in node)) return OPEN
  const { boolop, args = [] } = node.BoolExpr
  const outcomes = args.map(inner)
  if (boolop === 'NOT_EXPR') return negated(outcomes[0] ?? OPEN)
  if (boolop === 'AND_EXPR') return all(outcomes)
  return negated(all(outcomes.map(negated)))
}

function negated(outcome: number): number {
  return (outcome & NULL) | (outcome & TRUE ? FALSE : 0) | (outcome & FALSE ? TRUE : 0)
}

/** What AND makes of conditions: false if one is, else null if one is, else true. */
function all(outcomes: readonly number[]): number {
  let reached = TRUE
  for (const next of outcomes) {
    const isFalse = (reached | next) & FALSE
    const isNull = (reached & (TRUE | NULL) && next & NULL) || (reached & NULL && next & (TRUE | NULL))
    reached = isFalse | (isNull ? NULL : 0) | (reached & next & TRUE)
  }
  return reached
}

// Of these the left side alone decides that the outcome is null.
const leftDecides = words(`AEXPR_IN AEXPR_LIKE AEXPR_ILIKE AEXPR_SIMILAR AEXPR_BETWEEN AEXPR_NOT_BETWEEN
  AEXPR_BETWEEN_SYM AEXPR_NOT_BETWEEN_SYM`)

function comparison(
  { kind, lexpr, rexpr, name = [] }: A_Expr,
  inner: (child: Node | undefined) => number,
): number {
  // An operator with a schema is not Postgres' own.
  if (name.length > 1) return OPEN
  if (leftDecides.has(kind ?? '')) return inner(lexpr) === NULL ? NULL : OPEN
  if (kind !== 'AEXPR_OP') return OPEN
  return inner(lexpr) === NULL || inner(rexpr) === NULL ? NULL : OPEN
}

/** The columns that an expression names; undefined when it names what is no plain column. */
export function columnsIn(node: Node): readonly string[] | undefined {
  const columns: string[] = []
  let isPlain = true
  const { tag, node: root } = named(node)
  const strange = walk(tag, root, (inner) => {
    if (inner.tag === 'SubLink') isPlain = false
    if (inner.tag !== 'ColumnRef') return
    const column = columnOf({ ColumnRef: inner.node })
    if (column === undefined) isPlain = false
    else columns.push(column)
  })
  return isPlain && strange === undefined ? columns : undefined
}

function columnOf({ ColumnRef: { fields = [] } }: { readonly ColumnRef: { readonly fields?: Node[] } }) {
  const last = fields.at(-1)
  return last !== undefined && 'String' in last ? last.String.sval : undefined
}

// Operators and functions that fail for no value of the types that they take.
const safeOperators = words('= <> != < > <= >= -> ->> #> #>> || ~~ ~~* !~~ !~~* @> <@ ? ?| ?& IS')
const safeFunctions = words('lower upper length char_length octet_length btrim ltrim rtrim md5 jsonb_typeof')
const safeNodes =
  words(`ColumnRef A_Const String Integer Float Boolean A_Expr BoolExpr NullTest BooleanTest CoalesceExpr
  FuncCall List IndexElem CaseExpr CaseWhen CollateClause MinMaxExpr TypeCast TypeName`)

/**
 * Whether an expression fails for no row: one that does, in an index or a generated column, refuses the rows that the
 * previous version writes. A cast, a division or a sum that overflows may fail.
 */
export function neverFails(node: Node): boolean {
  const { tag, node: root } = named(node)
  let isSafe = true
  const strange = walk(tag, root, (inner) => {
    if (!safeNodes.has(inner.tag)) isSafe = false
    // The value of a constant is the same in each row: it fails when the index is made, or never.
    if (inner.tag === 'TypeCast' && constant({ TypeCast: inner.node }) === undefined) isSafe = false
    if (inner.tag === 'FuncCall' && !safeFunctions.has(functionName(inner.node))) isSafe = false
    if (inner.tag === 'A_Expr' && !isSafeOperator(inner.node)) isSafe = false
  })
  return isSafe && strange === undefined
}

function isSafeOperator(expression: Readonly<Record<string, unknown>>): boolean {
  const name = expression['name']
  if (!Array.isArray(name)) return true
  const [sign, ...more] = (name as Node[]).map((part) => ('String' in part ? part.String.sval : undefined))
  if (expression['kind'] !== 'AEXPR_OP' && expression['kind'] !== 'AEXPR_IN') return more.length === 0
  return more.length === 0 && safeOperators.has(sign ?? '')
}
