import type { AlterObjectSchemaStmt, DropStmt, GrantStmt, RenameStmt } from 'libpg-query'
import { adds, breaks, unclear, type Effect, type Made } from './effects.ts'
import { objectName, relationName } from './names.ts'

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

export function dropped({ objects = [], removeType = 'OBJECT_TABLE' }: DropStmt, made: Made): Effect {
  const names = objects.map(objectName)
  const [word, kind] = used[removeType] ?? []
  if (word === undefined)
    return unclear(`drops ${removeType.replace('OBJECT_', '').toLowerCase()} ${names.join(', ')}`)
  const isOurs = kind !== undefined && names.length > 0 && names.every((name) => made[kind].has(name))
  return isOurs ? adds() : breaks(`drops ${word} ${names.join(', ')}`)
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
  return kind !== undefined && made[kind].has(name) ? adds() : breaks(`renames ${word} ${name}`)
}

export function moved(statement: AlterObjectSchemaStmt, made: Made): Effect {
  const { objectType = 'OBJECT_TABLE', relation, object } = statement
  const [word = 'object', kind] = used[objectType] ?? []
  const name = object === undefined ? relationName(relation) : objectName(object)
  return kind !== undefined && made[kind].has(name) ? adds() : breaks(`moves ${word} ${name}`)
}

export function revoked({ objects = [], objtype = 'OBJECT_TABLE', targtype }: GrantStmt, made: Made): Effect {
  const names = objects.map(objectName)
  const [word, kind] = used[objtype] ?? []
  const isOurs =
    targtype === 'ACL_TARGET_OBJECT' &&
    kind !== undefined &&
    names.length > 0 &&
    names.every((name) => made[kind].has(name))
  if (isOurs) return adds()
  const of = targtype === 'ACL_TARGET_ALL_IN_SCHEMA' ? `all ${word ?? 'object'}s in schema ` : ''
  return breaks(`takes rights on ${of}${names.join(', ')} away`)
}
