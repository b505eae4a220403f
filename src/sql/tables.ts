import type {
  AlterObjectSchemaStmt,
  AlterTableCmd,
  ColumnDef,
  Constraint,
  DropStmt,
  GrantStmt,
  Node,
  RenameStmt,
} from 'libpg-query'
import {
  adds,
  breaks,
  type Effect,
  type Made,
  objectName,
  partsName,
  relationName,
  typeText,
  unclear,
  worst,
} from './effects.ts'
import { givesValue, isBuiltinType, sideEffect, words } from './expressions.ts'
import { columnsIn, neverFails, passesNull } from './refusals.ts'

/** What the actions of one ALTER TABLE mean for a version that does not know of them. The worst of them counts. */
export function tableChanges(table: string, actions: readonly Node[], made: Made): Effect {
  const effects = actions.map((node) =>
    'AlterTableCmd' in node
      ? actionEffect(table, node.AlterTableCmd, made)
      : unclear(`changes table ${table}`),
  )
  return worst(effects)
}

function actionEffect(table: string, action: AlterTableCmd, made: Made): Effect {
  const executed = executedBy(action)
  if (executed !== undefined) return unclear(executed)
  const { name = '', def } = action
  const column = `${table}.${name}`
  // What no version uses yet may be changed in any way.
  if (made.relation.has(table) || made.column.has(column)) return newColumn(table, action, made) ?? adds()
  const subtype = action.subtype ?? ''
  if (subtype === 'AT_AddColumn') return newColumn(table, action, made) ?? unclear(`changes table ${table}`)
  if (subtype === 'AT_AddConstraint')
    return def !== undefined && 'Constraint' in def
      ? constraintEffect(table, def.Constraint, made)
      : unclear(`adds a constraint to ${table}`)
  if (subtype === 'AT_ColumnDefault')
    return def !== undefined && givesValue(def) === 'yes' ? adds() : unclear(`drops the default of ${column}`)
  if (subtype === 'AT_DropConstraint') return unclear(`drops constraint ${name} of ${table}`)
  const ofOldColumn = columnActions[subtype]
  if (ofOldColumn !== undefined) return ofOldColumn(column)
  return harmless.has(subtype) ? adds() : unclear(`changes table ${table}:${wordsOf(subtype)}`)
}

/** `AT_EnableRowSecurity` as ` enable row security`. */
function wordsOf(subtype: string): string {
  return subtype.replace(/^AT_/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** Actions on a column that the previous version uses. */
const columnActions: Readonly<Record<string, (column: string) => Effect>> = {
  AT_DropColumn: (column) => breaks(`drops column ${column}`),
  AT_AlterColumnType: (column) => breaks(`changes the type of ${column}`),
  AT_SetNotNull: (column) => breaks(`forbids null in ${column}`),
  AT_DropNotNull: (column) => unclear(`allows null in ${column}, which the previous version may not expect`),
}

const harmless = words(`AT_SetStatistics AT_SetOptions AT_ResetOptions AT_SetStorage AT_SetCompression
  AT_ValidateConstraint AT_SetRelOptions AT_ResetRelOptions AT_SetLogged
  AT_SetTableSpace AT_ClusterOn AT_DropCluster AT_ReplicaIdentity AT_AttachPartition`)

/** What an action carries out at once for the rows that are there: a default, or how a value of a new type is made. */
function executedBy({ def }: AlterTableCmd): string | undefined {
  if (def === undefined || !('ColumnDef' in def)) return undefined
  const { raw_default, constraints = [] } = def.ColumnDef
  const expressions = constraints.flatMap((node) =>
    'Constraint' in node ? (node.Constraint.raw_expr ?? []) : [],
  )
  return [...(raw_default === undefined ? [] : [raw_default]), ...expressions]
    .map(sideEffect)
    .find((effect) => effect !== undefined)
}

/** Of a column that is added; undefined for any other action. */
function newColumn(
  table: string,
  { subtype, def, missing_ok }: AlterTableCmd,
  made: Made,
): Effect | undefined {
  if (subtype !== 'AT_AddColumn' || def === undefined || !('ColumnDef' in def)) return undefined
  const column = `${table}.${def.ColumnDef.colname ?? ''}`
  const parts = columnParts(def.ColumnDef)
  // With IF NOT EXISTS it may have been there before.
  if (missing_ok !== true) {
    made.column.add(column)
    if (parts.filled === 'no') made.nullColumn.add(column)
  }
  return made.relation.has(table) ? adds() : columnEffect(column, def.ColumnDef, parts)
}

interface ColumnParts {
  /** Whether a row that does not name the column gets a value in it. */
  readonly filled: 'yes' | 'no' | 'unclear'
  /** Whether that value is another one in each row. */
  readonly counts: boolean
  readonly of: (kind: Constraint['contype']) => Constraint | undefined
}

function columnParts({ constraints = [], typeName }: ColumnDef): ColumnParts {
  const all = constraints.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
  const of = (kind: Constraint['contype']) => all.find(({ contype }) => contype === kind)
  const byDefault = of('CONSTR_DEFAULT')?.raw_expr
  const counts = /^(?:big|small)?serial\d?$/.test(typeText(typeName)) || of('CONSTR_IDENTITY') !== undefined
  const isGenerated = of('CONSTR_GENERATED') !== undefined
  const filled = counts
    ? 'yes'
    : isGenerated
      ? 'unclear'
      : byDefault === undefined
        ? 'no'
        : givesValue(byDefault)
  return { filled, counts, of }
}

function columnEffect(column: string, { typeName }: ColumnDef, { filled, counts, of }: ColumnParts): Effect {
  const [primary, unique] = [of('CONSTR_PRIMARY'), of('CONSTR_UNIQUE')]
  const generated = of('CONSTR_GENERATED')?.raw_expr
  if (of('CONSTR_NOTNULL') !== undefined || primary !== undefined) {
    if (filled === 'no') return breaks(`adds column ${column}, which must not be null and has no default`)
    if (filled === 'unclear') return unclear(`adds column ${column}, whose value may be null and must not be`)
  }
  const isCertainlyNull = filled === 'no' && unique?.nulls_not_distinct !== true
  if ((primary !== undefined || unique !== undefined) && !counts && !isCertainlyNull)
    return unclear(`adds column ${column}, whose default must be unique`)
  if (generated !== undefined && !neverFails(generated))
    return unclear(`adds column ${column}, whose value can't be made for every row`)
  if (!counts && !isBuiltinType(typeName))
    return unclear(`adds column ${column} of type ${typeText(typeName)}, which may refuse rows without it`)
  const check = of('CONSTR_CHECK')?.raw_expr
  const own = column.slice(column.lastIndexOf('.') + 1)
  if (check !== undefined && !isOwnCheck(check, filled, own))
    return unclear(`adds column ${column}, whose check may refuse rows without it`)
  return adds()
}

/** A default is held against the check by the rows that are there; null has to pass by what the check says. */
function isOwnCheck(check: Node, filled: ColumnParts['filled'], own: string): boolean {
  if (filled === 'no') return passesNull(check, (name) => name === own)
  return filled === 'yes' && columnsIn(check)?.every((name) => name === own) === true
}

function constraintEffect(table: string, constraint: Constraint, made: Made): Effect {
  const { contype, raw_expr, fk_attrs = [] } = constraint
  const kind = constraintKinds[contype ?? '']
  if (kind === undefined) return unclear(`adds a constraint to ${table}`)
  const refused = unclear(`adds a ${kind} constraint on columns of ${table} that the previous version writes`)
  const isNew = (column: string): boolean => made.column.has(`${table}.${column}`)
  if (contype === 'CONSTR_FOREIGN')
    return fk_attrs.length > 0 && fk_attrs.every((node) => isNew(partsName([node]))) ? adds() : refused
  if (contype !== 'CONSTR_CHECK' || raw_expr === undefined) return refused
  const executed = sideEffect(raw_expr)
  if (executed !== undefined) return unclear(executed)
  const columns = columnsIn(raw_expr)
  if (columns === undefined || columns.length === 0 || !columns.every(isNew)) return refused
  const isNull = (column: string): boolean => made.nullColumn.has(`${table}.${column}`)
  return columns.some(isNull) && !passesNull(raw_expr, isNull) ? refused : adds()
}

const constraintKinds: Readonly<Record<string, string>> = {
  CONSTR_CHECK: 'check',
  CONSTR_UNIQUE: 'unique',
  CONSTR_PRIMARY: 'primary key',
  CONSTR_FOREIGN: 'foreign key',
  CONSTR_EXCLUSION: 'exclude',
}

type Kind = Exclude<keyof Made, 'column' | 'nullColumn'>

/** Things that a version may use by name: what they are called, and where it is noted that these migrations made them. */
const used: Readonly<Record<string, readonly [word: string, kind?: Kind]>> = {
  OBJECT_TABLE: ['table', 'relation'],
  OBJECT_VIEW: ['view', 'relation'],
  OBJECT_MATVIEW: ['materialized view', 'relation'],
  OBJECT_FOREIGN_TABLE: ['foreign table', 'relation'],
  OBJECT_SEQUENCE: ['sequence', 'relation'],
  OBJECT_TYPE: ['type', 'type'],
  OBJECT_DOMAIN: ['domain', 'type'],
  OBJECT_SCHEMA: ['schema', 'schema'],
  OBJECT_FUNCTION: ['function', 'routine'],
  OBJECT_PROCEDURE: ['procedure', 'routine'],
  OBJECT_ROUTINE: ['routine', 'routine'],
  OBJECT_AGGREGATE: ['aggregate'],
  OBJECT_EXTENSION: ['extension'],
}

function areOurs(names: readonly string[], kind: Kind | undefined, made: Made): boolean {
  return kind !== undefined && names.length > 0 && names.every((name) => made[kind].has(name))
}

export function dropped({ objects = [], removeType = 'OBJECT_TABLE' }: DropStmt, made: Made): Effect {
  const names = objects.map(objectName)
  const [word, kind] = used[removeType] ?? []
  if (word === undefined)
    return unclear(`drops ${removeType.replace('OBJECT_', '').toLowerCase()} ${names.join(', ')}`)
  return areOurs(names, kind, made) ? adds() : breaks(`drops ${word} ${names.join(', ')}`)
}

export function renamed(statement: RenameStmt, made: Made): Effect {
  const { renameType = 'OBJECT_TABLE', relation, object, subname = '' } = statement
  const table = relationName(relation)
  if (renameType === 'OBJECT_COLUMN' || renameType === 'OBJECT_ATTRIBUTE') {
    const isOurs = made.relation.has(table) || made.type.has(table) || made.column.has(`${table}.${subname}`)
    return isOurs ? adds() : breaks(`renames column ${table}.${subname}`)
  }
  if (renameType === 'OBJECT_TABCONSTRAINT')
    return made.relation.has(table) ? adds() : unclear(`renames a constraint of ${table}`)
  const [word, kind] = used[renameType] ?? []
  const name = relation === undefined ? (object === undefined ? subname : objectName(object)) : table
  if (word === undefined) return unclear(`renames ${renameType.replace('OBJECT_', '').toLowerCase()} ${name}`)
  return areOurs([name], kind, made) ? adds() : breaks(`renames ${word} ${name}`)
}

export function moved(statement: AlterObjectSchemaStmt, made: Made): Effect {
  const { objectType = 'OBJECT_TABLE', relation, object } = statement
  const [word = 'object', kind] = used[objectType] ?? []
  const name = object === undefined ? relationName(relation) : objectName(object)
  return areOurs([name], kind, made) ? adds() : breaks(`moves ${word} ${name}`)
}

export function revoked({ objects = [], objtype = 'OBJECT_TABLE', targtype }: GrantStmt, made: Made): Effect {
  const names = objects.map(objectName)
  const [word, kind] = used[objtype] ?? []
  if (targtype === 'ACL_TARGET_OBJECT' && areOurs(names, kind, made)) return adds()
  const of = targtype === 'ACL_TARGET_ALL_IN_SCHEMA' ? `all ${word ?? 'object'}s in schema ` : ''
  return breaks(`takes rights on ${of}${names.join(', ')} away`)
}
