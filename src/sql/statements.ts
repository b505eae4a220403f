import type { Node, RangeVar } from 'libpg-query'
import {
  adds,
  breaks,
  type Effect,
  type Made,
  objectName,
  partsName,
  relationName,
  signatureOf,
  unclear,
} from './effects.ts'
import { constant, settingMatters, sideEffect } from './expressions.ts'
import { neverFails } from './refusals.ts'
import { dropped, moved, renamed, revoked, tableChanges } from './tables.ts'
import { rowsEffect, unlessItActs } from './rows.ts'
import type { Part } from './script.ts'
import { named, walk } from './shapes.ts'

/**
 * What a part of a script means for the version before, which still runs on the schema: whether it only adds, takes
 * away what that version may use, or cannot be judged by reading. What an earlier statement of the same migrations has
 * made is used by no version yet. Whatever is not known to add is unclear: a node of Postgres' parse tree, a field of
 * one, a function, a command of psql.
 */
export function effectOf(part: Part, made: Made): Effect {
  switch (part.kind) {
    case 'fault':
      return unclear(part.message)
    case 'psql':
      return psqlEffect(part.command)
    case 'statement': {
      const { tag, node } = named(part.node)
      const words = part.text.split(/\s+/).slice(0, 3).join(' ').toLowerCase()
      const strange = tag in opaque ? undefined : walk(tag, node, () => {})
      if (strange === tag) return unclear(`is not known to be harmless: ${words}`)
      const effect = statementEffect(part.node, made) ?? unclear(`is not known to be harmless: ${words}`)
      // What is not known may make anything of the rest, but what breaks is reported all the same.
      return strange === undefined || effect.kind !== 'adds'
        ? effect
        : unclear(`has a part that is not known: ${strange}`)
    }
  }
}

// Commands of psql that only talk; a backslash or backquote in one begins another, or runs a program.
const talk = /^\\(?:q?echo|warn|set ON_ERROR_STOP|restrict|unrestrict|timing|pset)(?:\s[^\\`]*)?$/

function psqlEffect(command: string): Effect {
  return talk.test(command.trimEnd())
    ? adds()
    : unclear(`is a command of psql: ${command.split(/\s/, 1)[0] ?? ''}`)
}

/** Statements that are judged without reading what is in them. */
const opaque: Readonly<Record<string, true>> = { DoStmt: true, CreateFunctionStmt: true, ViewStmt: true }

function statementEffect(node: Node, made: Made): Effect | undefined {
  return (
    makingEffect(node, made) ??
    attachedEffect(node, made) ??
    rowsEffect(node, made) ??
    changingEffect(node, made) ??
    sessionEffect(node)
  )
}

/** Statements that make something. */
function makingEffect(node: Node, made: Made): Effect | undefined {
  const relation = (name: RangeVar | undefined, mayExist?: boolean): Effect => {
    // A temporary one is in the way of no other, whatever its name.
    if (name?.relpersistence !== 't' && mayExist !== true) made.relation.add(relationName(name))
    return adds()
  }
  const other = (kind: keyof Made, name: string, mayExist?: boolean): Effect => {
    if (mayExist !== true) made[kind].add(name)
    return adds()
  }
  if ('CreateStmt' in node) return relation(node.CreateStmt.relation, node.CreateStmt.if_not_exists)
  if ('CreateForeignTableStmt' in node) {
    const { base } = node.CreateForeignTableStmt
    return relation(base?.relation, base?.if_not_exists)
  }
  if ('CreateSeqStmt' in node) return relation(node.CreateSeqStmt.sequence, node.CreateSeqStmt.if_not_exists)
  if ('CompositeTypeStmt' in node) return other('type', relationName(node.CompositeTypeStmt.typevar))
  if ('CreateTableAsStmt' in node) {
    const { query, into, if_not_exists } = node.CreateTableAsStmt
    return unlessItActs(query, () => relation(into?.rel, if_not_exists))
  }
  if ('ViewStmt' in node) {
    const { view, replace } = node.ViewStmt
    return replace === true ? unclear(`may replace view ${relationName(view)}`) : relation(view)
  }
  if ('CreateFunctionStmt' in node) {
    const { funcname, parameters, replace, is_procedure } = node.CreateFunctionStmt
    const kind = is_procedure === true ? 'procedure' : 'function'
    if (replace === true) return unclear(`may replace ${kind} ${partsName(funcname)}`)
    return other('routine', signatureOf(funcname, parameters))
  }
  if ('DefineStmt' in node) {
    const { kind, replace } = node.DefineStmt
    const isKnown = kind === 'OBJECT_AGGREGATE' || kind === 'OBJECT_COLLATION' || kind === 'OBJECT_TYPE'
    return isKnown && replace !== true ? adds() : undefined
  }
  if ('CreateEnumStmt' in node) return other('type', partsName(node.CreateEnumStmt.typeName))
  if ('CreateRangeStmt' in node) return other('type', partsName(node.CreateRangeStmt.typeName))
  if ('CreateDomainStmt' in node) return other('type', partsName(node.CreateDomainStmt.domainname))
  if ('CreateSchemaStmt' in node) {
    const { schemaname = '', if_not_exists } = node.CreateSchemaStmt
    return schemaname === '' ? undefined : other('schema', schemaname, if_not_exists)
  }
  if ('CreateRoleStmt' in node) return other('role', node.CreateRoleStmt.role ?? '')
  const isOther =
    'CreateExtensionStmt' in node || 'CreateStatsStmt' in node || 'CreatePublicationStmt' in node
  return isOther ? adds() : undefined
}

/** Statements that attach something to a table: it acts on what every version does with the table. */
function attachedEffect(node: Node, made: Made): Effect | undefined {
  const on = (what: string, relation: RangeVar | undefined): Effect =>
    made.relation.has(relationName(relation)) ? adds() : unclear(`${what} ${relationName(relation)}`)
  if ('CreateTrigStmt' in node) return on('puts a trigger on', node.CreateTrigStmt.relation)
  if ('CreatePolicyStmt' in node) return on('puts a policy on', node.CreatePolicyStmt.table)
  if ('RuleStmt' in node) return on('puts a rule on', node.RuleStmt.relation)
  if (!('IndexStmt' in node)) return undefined
  const { relation, unique, indexParams = [], whereClause } = node.IndexStmt
  const table = relationName(relation)
  const parts = [...indexParams, ...(whereClause === undefined ? [] : [whereClause])]
  const executed = parts.map(sideEffect).find((effect) => effect !== undefined)
  if (executed !== undefined) return unclear(executed)
  if (made.relation.has(table)) return adds()
  if (unique === true) return unclear(`makes rows of ${table} unique, which the previous version writes`)
  return parts.every(neverFails)
    ? adds()
    : unclear(`makes an index on ${table} that may refuse rows of the previous version`)
}

/** Statements that change what is there. */
function changingEffect(node: Node, made: Made): Effect | undefined {
  if ('AlterTableStmt' in node) {
    const { relation, cmds = [], objtype } = node.AlterTableStmt
    const isAttached = cmds.every(
      (node) => 'AlterTableCmd' in node && node.AlterTableCmd.subtype === 'AT_AttachPartition',
    )
    if (objtype !== 'OBJECT_TABLE' && !(objtype === 'OBJECT_INDEX' && isAttached)) return undefined
    return tableChanges(relationName(relation), cmds, made)
  }
  if ('AlterEnumStmt' in node) {
    const { oldVal, typeName } = node.AlterEnumStmt
    return oldVal === undefined ? adds() : breaks(`renames a value of ${partsName(typeName)}`)
  }
  if ('AlterDefaultPrivilegesStmt' in node)
    return node.AlterDefaultPrivilegesStmt.action?.is_grant === true ? adds() : undefined
  if ('DropStmt' in node) return dropped(node.DropStmt, made)
  if ('DropRoleStmt' in node) {
    const roles = (node.DropRoleStmt.roles ?? []).map(objectName)
    return roles.every((role) => made.role.has(role)) ? adds() : breaks(`drops role ${roles.join(', ')}`)
  }
  if ('DropOwnedStmt' in node)
    return breaks(`drops what ${(node.DropOwnedStmt.roles ?? []).map(objectName).join(', ')} owns`)
  if ('TruncateStmt' in node) {
    const tables = (node.TruncateStmt.relations ?? []).map(objectName)
    return tables.every((table) => made.relation.has(table))
      ? adds()
      : breaks(`empties table ${tables.join(', ')}`)
  }
  if ('RenameStmt' in node) return renamed(node.RenameStmt, made)
  if ('AlterObjectSchemaStmt' in node) return moved(node.AlterObjectSchemaStmt, made)
  if ('GrantStmt' in node) return node.GrantStmt.is_grant === true ? adds() : revoked(node.GrantStmt, made)
  if (!('GrantRoleStmt' in node)) return undefined
  const { is_grant, granted_roles = [] } = node.GrantRoleStmt
  const roles = granted_roles.map((role) => ('AccessPriv' in role ? role.AccessPriv.priv_name : ''))
  return is_grant === true ? adds() : breaks(`takes the role ${roles.join(', ')} away`)
}

// What they do is over with the session, or is upkeep.
const upkeep = [
  'CommentStmt',
  'SecLabelStmt',
  'LockStmt',
  'VacuumStmt',
  'ReindexStmt',
  'ClusterStmt',
  'NotifyStmt',
  'ListenStmt',
  'DiscardStmt',
  'VariableShowStmt',
] as const

/** Statements about the session and the transaction. */
function sessionEffect(node: Node): Effect | undefined {
  if ('DoStmt' in node) return unclear('is a DO block, whose code decides what it does')
  if ('VariableSetStmt' in node) {
    const { kind, name = '', args = [] } = node.VariableSetStmt
    if (kind === 'VAR_SET_VALUE') {
      const matters = settingMatters(name, args.map(constant))
      return matters === undefined ? adds() : unclear(matters)
    }
    const isBack = kind === 'VAR_RESET' || kind === 'VAR_RESET_ALL' || kind === 'VAR_SET_DEFAULT'
    return isBack || (kind === 'VAR_SET_MULTI' && name === 'TRANSACTION') ? adds() : undefined
  }
  if ('TransactionStmt' in node) {
    // After a ROLLBACK what was made is gone again, and what came before it may not have happened.
    const kept = ['BEGIN', 'START', 'COMMIT', 'SAVEPOINT', 'RELEASE'].map((kind) => `TRANS_STMT_${kind}`)
    return kept.includes(node.TransactionStmt.kind ?? '') ? adds() : undefined
  }
  return upkeep.some((tag) => tag in node) ? adds() : undefined
}
