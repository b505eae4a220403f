import type { IndexStmt, RangeVar } from 'libpg-query'
import {
  adds,
  breaks,
  objectName,
  partsName,
  relationName,
  signatureOf,
  unclear,
  type Effect,
  type Judges,
  type Made,
} from './effects.ts'
import { constant, settingMatters, words } from './expressions.ts'
import { neverFails } from './refusals.ts'
import { rowJudges, unlessItActs } from './rows.ts'
import type { Part } from './script.ts'
import { named, walk } from './shapes.ts'
import { dropped, moved, renamed, revoked, tableChanges } from './tables.ts'

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
      const begin = part.text.split(/\s+/).slice(0, 3).join(' ').toLowerCase()
      const strange = opaque.has(tag) ? undefined : walk(tag, node, () => {})
      const judge = Object.hasOwn(judges, tag) ? judges[tag as keyof Judges] : undefined
      const effect = strange === tag ? undefined : (judge as Judge | undefined)?.(node, made)
      if (effect === undefined) return unclear(`is not known to be harmless: ${begin}`)
      // What is not known may make anything of the rest, but what breaks is reported all the same.
      return strange === undefined || effect.kind !== 'adds'
        ? effect
        : unclear(`has a part that is not known: ${strange}`)
    }
  }
}

type Judge = (body: object, made: Made) => Effect | undefined

// Commands of psql that only talk; a backslash or backquote in one begins another, or runs a program.
const talk = /^\\(?:q?echo|warn|set ON_ERROR_STOP|restrict|unrestrict|timing|pset)(?:\s[^\\`]*)?$/

function psqlEffect(command: string): Effect {
  return talk.test(command.trimEnd())
    ? adds()
    : unclear(`is a command of psql: ${command.split(/\s/, 1)[0] ?? ''}`)
}

/** Statements that are judged without reading what is in them. */
const opaque = words('DoStmt CreateFunctionStmt ViewStmt')

/** What each statement means; undefined, or absent, for one that is not known to be harmless. */
const judges: Judges = {
  ...rowJudges,
  // Statements that make something.
  CreateStmt: ({ relation, if_not_exists }, made) => makesRelation(made, relation, if_not_exists),
  CreateForeignTableStmt: ({ base }, made) => makesRelation(made, base?.relation, base?.if_not_exists),
  CreateSeqStmt: ({ sequence, if_not_exists }, made) => makesRelation(made, sequence, if_not_exists),
  CreateTableAsStmt: ({ query, into, if_not_exists }, made) =>
    unlessItActs([query], () => makesRelation(made, into?.rel, if_not_exists)),
  ViewStmt: ({ view, replace }, made) =>
    replace === true ? unclear(`may replace view ${relationName(view)}`) : makesRelation(made, view),
  CreateFunctionStmt({ funcname, parameters, replace, is_procedure }, made) {
    const kind = is_procedure === true ? 'procedure' : 'function'
    if (replace === true) return unclear(`may replace ${kind} ${partsName(funcname)}`)
    return makes(made, 'routine', signatureOf(funcname, parameters))
  },
  DefineStmt({ kind, replace }) {
    const isKnown = kind === 'OBJECT_AGGREGATE' || kind === 'OBJECT_COLLATION' || kind === 'OBJECT_TYPE'
    return isKnown && replace !== true ? adds() : undefined
  },
  CompositeTypeStmt: ({ typevar }, made) => makes(made, 'type', relationName(typevar)),
  CreateEnumStmt: ({ typeName }, made) => makes(made, 'type', partsName(typeName)),
  CreateRangeStmt: ({ typeName }, made) => makes(made, 'type', partsName(typeName)),
  CreateDomainStmt: ({ domainname }, made) => makes(made, 'type', partsName(domainname)),
  CreateSchemaStmt: ({ schemaname = '', if_not_exists }, made) =>
    schemaname === '' ? undefined : makes(made, 'schema', schemaname, if_not_exists),
  CreateRoleStmt: ({ role = '' }, made) => makes(made, 'role', role),
  CreateExtensionStmt: adds,
  CreateStatsStmt: adds,
  CreatePublicationStmt: adds,

  // Statements that attach something to a table: it acts on what every version does with the table.
  CreateTrigStmt: ({ relation }, made) => attaches('puts a trigger on', relation, made),
  CreatePolicyStmt: ({ table }, made) => attaches('puts a policy on', table, made),
  RuleStmt: ({ relation }, made) => attaches('puts a rule on', relation, made),
  IndexStmt: indexed,

  // Statements that change what is there.
  AlterTableStmt({ relation, cmds = [], objtype }, made) {
    const isAttached = cmds.every(
      (node) => 'AlterTableCmd' in node && node.AlterTableCmd.subtype === 'AT_AttachPartition',
    )
    const isTable = objtype === 'OBJECT_TABLE' || (objtype === 'OBJECT_INDEX' && isAttached)
    return isTable ? tableChanges(relationName(relation), cmds, made) : undefined
  },
  AlterEnumStmt: ({ oldVal, typeName }) =>
    oldVal === undefined ? adds() : breaks(`renames a value of ${partsName(typeName)}`),
  AlterDefaultPrivilegesStmt: ({ action }) => (action?.is_grant === true ? adds() : undefined),
  DropStmt: dropped,
  DropRoleStmt({ roles = [] }, made) {
    const names = roles.map(objectName)
    return names.every((role) => made.role.has(role)) ? adds() : breaks(`drops role ${names.join(', ')}`)
  },
  DropOwnedStmt: ({ roles = [] }) => breaks(`drops what ${roles.map(objectName).join(', ')} owns`),
  TruncateStmt({ relations = [] }, made) {
    const tables = relations.map(objectName)
    return tables.every((table) => made.relation.has(table))
      ? adds()
      : breaks(`empties table ${tables.join(', ')}`)
  },
  RenameStmt: renamed,
  AlterObjectSchemaStmt: moved,
  GrantStmt: (body, made) => (body.is_grant === true ? adds() : revoked(body, made)),
  GrantRoleStmt({ is_grant, granted_roles = [] }) {
    const roles = granted_roles.map((role) => ('AccessPriv' in role ? role.AccessPriv.priv_name : ''))
    return is_grant === true ? adds() : breaks(`takes the role ${roles.join(', ')} away`)
  },

  // Statements about the session and the transaction.
  DoStmt: () => unclear('is a DO block, whose code decides what it does'),
  VariableSetStmt({ kind, name = '', args = [] }) {
    if (kind === 'VAR_SET_VALUE') {
      const matters = settingMatters(name, args.map(constant))
      return matters === undefined ? adds() : unclear(matters)
    }
    const isBack = kind === 'VAR_RESET' || kind === 'VAR_RESET_ALL' || kind === 'VAR_SET_DEFAULT'
    return isBack || (kind === 'VAR_SET_MULTI' && name === 'TRANSACTION') ? adds() : undefined
  },
  // After a ROLLBACK what was made is gone again, and what came before it may not have happened.
  TransactionStmt: ({ kind = 'TRANS_STMT_ROLLBACK' }) =>
    /^TRANS_STMT_(?:BEGIN|START|COMMIT|SAVEPOINT|RELEASE)$/.test(kind) ? adds() : undefined,

  // Their effect is over with the session, or is upkeep.
  CommentStmt: adds,
  SecLabelStmt: adds,
  LockStmt: adds,
  VacuumStmt: adds,
  ReindexStmt: adds,
  ClusterStmt: adds,
  NotifyStmt: adds,
  ListenStmt: adds,
  DiscardStmt: adds,
  VariableShowStmt: adds,
}

function makes(made: Made, kind: keyof Made, name: string, mayExist = false): Effect {
  if (!mayExist) made[kind].add(name)
  return adds()
}

/** A temporary one is in the way of no other, whatever its name. */
function makesRelation(made: Made, name: RangeVar | undefined, mayExist = false): Effect {
  return makes(made, 'relation', relationName(name), mayExist || name?.relpersistence === 't')
}

function attaches(what: string, relation: RangeVar | undefined, made: Made): Effect {
  const table = relationName(relation)
  return made.relation.has(table) ? adds() : unclear(`${what} ${table}`)
}

function indexed({ relation, unique, indexParams = [], whereClause }: IndexStmt, made: Made): Effect {
  const table = relationName(relation)
  const parts = [...indexParams, ...(whereClause === undefined ? [] : [whereClause])]
  return unlessItActs(parts, () => {
    if (made.relation.has(table)) return adds()
    if (unique === true) return unclear(`makes rows of ${table} unique, which the previous version writes`)
    return parts.every(neverFails)
      ? adds()
      : unclear(`makes an index on ${table} that may refuse rows of the previous version`)
  })
}
