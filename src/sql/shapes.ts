import type { Node } from 'libpg-query'

/**
 * The nodes of Postgres' parse tree that are understood here, each with the fields that are. `field>Type` says that the
 * field holds a node of that type without its name; `field*` that whatever it holds makes no difference for the version
 * before, such as the body of a function that is new. Nodes and fields are those of Postgres 18 (parsenodes.h).
 */
const table = `
A_ArrayExpr: elements list_start list_end location
A_Const: isnull ival* fval* boolval* sval* bsval* location
A_Expr: kind name lexpr rexpr rexpr_list_start rexpr_list_end location
A_Indices: is_slice lidx uidx
A_Indirection: arg indirection
A_Star:
AccessPriv: priv_name cols*
Alias: aliasname colnames
AlterDefaultPrivilegesStmt: options* action>GrantStmt
AlterEnumStmt: typeName oldVal newVal newValNeighbor newValIsAfter skipIfNewValExists
AlterObjectSchemaStmt: objectType relation>RangeVar object* newschema missing_ok
AlterTableCmd: subtype name def newowner* behavior missing_ok
AlterTableStmt: relation>RangeVar cmds objtype missing_ok
BoolExpr: boolop args location
Boolean: boolval
BooleanTest: arg booltesttype location
CaseExpr: arg args defresult location
CaseWhen: expr result location
ClusterStmt: relation>RangeVar indexname params*
CoalesceExpr: args location
CollateClause: arg collname location
ColumnDef: colname typeName>TypeName compression is_local storage_name raw_default collClause>CollateClause constraints location
ColumnRef: fields location
CommentStmt: objtype object* comment
CommonTableExpr: ctename aliascolnames ctematerialized ctequery location
CompositeTypeStmt: typevar>RangeVar coldeflist*
Constraint: contype conname deferrable initdeferred is_enforced skip_validation initially_valid is_no_inherit raw_expr generated_when generated_kind nulls_not_distinct keys including exclusions* options* indexname indexspace access_method where_clause pktable>RangeVar fk_attrs pk_attrs fk_matchtype fk_upd_action fk_del_action fk_del_set_cols location
CopyStmt: relation>RangeVar attlist is_from filename options* whereClause
CreateDomainStmt: domainname typeName* collClause* constraints*
CreateEnumStmt: typeName vals*
CreateExtensionStmt: extname if_not_exists options*
CreateForeignTableStmt: base>CreateStmt servername options*
CreateFunctionStmt: is_procedure replace funcname parameters* returnType* options* sql_body*
CreatePolicyStmt: policy_name table>RangeVar cmd_name permissive roles* qual* with_check*
CreatePublicationStmt: pubname options* pubobjects* for_all_tables
CreateRangeStmt: typeName params*
CreateRoleStmt: stmt_type role options*
CreateSchemaStmt: schemaname authrole* if_not_exists
CreateSeqStmt: sequence>RangeVar options* if_not_exists
CreateStatsStmt: defnames* stat_types* exprs* relations* if_not_exists
CreateStmt: relation>RangeVar tableElts* inhRelations partbound* partspec* ofTypename* constraints* options* oncommit tablespacename accessMethod if_not_exists
CreateTableAsStmt: query into>IntoClause objtype is_select_into if_not_exists
CreateTrigStmt: replace isconstraint trigname relation>RangeVar funcname* args* row timing events columns* whenClause* transitionRels* deferrable initdeferred constrrel*
DefElem: defnamespace defname arg* defaction location
DefineStmt: kind oldstyle defnames args* definition* if_not_exists replace
DeleteStmt: relation>RangeVar usingClause whereClause returningClause>ReturningClause withClause>WithClause
DiscardStmt: target
DoStmt: args*
DropOwnedStmt: roles behavior
DropRoleStmt: roles missing_ok
DropStmt: objects removeType behavior missing_ok concurrent
Float: fval
FuncCall: funcname args agg_order agg_filter over>WindowDef agg_within_group agg_star agg_distinct func_variadic funcformat location
GrantRoleStmt: granted_roles grantee_roles* is_grant opt* grantor* behavior
GrantStmt: is_grant targtype objtype objects privileges* grantees* grant_option grantor* behavior
GroupingSet: kind content location
IndexElem: name expr collation opclass opclassopts* ordering nulls_ordering
IndexStmt: idxname relation>RangeVar accessMethod tableSpace indexParams indexIncludingParams options* whereClause unique nulls_not_distinct concurrent if_not_exists
InferClause: indexElems whereClause conname location
InsertStmt: relation>RangeVar cols selectStmt onConflictClause>OnConflictClause returningClause>ReturningClause withClause>WithClause override
Integer: ival
IntoClause: rel>RangeVar colNames accessMethod options* onCommit tableSpaceName skipData
JoinExpr: jointype isNatural larg rarg usingClause join_using_alias>Alias quals alias>Alias
List: items
ListenStmt: conditionname
LockStmt: relations mode nowait
LockingClause: lockedRels strength waitPolicy
MinMaxExpr: op args location
MultiAssignRef: source colno ncolumns
NamedArgExpr: arg name argnumber location
NotifyStmt: conditionname payload
NullTest: arg nulltesttype location
ObjectWithArgs: objname objargs objfuncargs* args_unspecified
OnConflictClause: action infer>InferClause targetList whereClause location
PartitionCmd: name>RangeVar bound* concurrent
RangeFunction: lateral ordinality is_rowsfrom functions alias>Alias coldeflist
RangeSubselect: lateral subquery alias>Alias
RangeVar: schemaname relname inh relpersistence alias>Alias location
ReindexStmt: kind relation>RangeVar name params*
RenameStmt: renameType relationType relation>RangeVar object* subname newname behavior missing_ok
ResTarget: name indirection val location
ReturningClause: exprs
RoleSpec: roletype rolename location
RowExpr: args row_format colnames location
RuleStmt: relation>RangeVar rulename whereClause* event instead actions* replace
SQLValueFunction: op typmod location
SecLabelStmt: objtype object* provider label
SelectStmt: distinctClause intoClause>IntoClause targetList fromClause whereClause groupClause groupDistinct havingClause windowClause valuesLists sortClause limitOffset limitCount limitOption lockingClause withClause>WithClause op all larg>SelectStmt rarg>SelectStmt
SetToDefault: typeId
SortBy: node sortby_dir sortby_nulls location
String: sval
SubLink: subLinkType testexpr operName subselect location
TransactionStmt: kind options* savepoint_name chain location
TruncateStmt: relations restart_seqs behavior
TypeCast: arg typeName>TypeName location
TypeName: names setof typmods typemod arrayBounds location
UpdateStmt: relation>RangeVar targetList whereClause fromClause returningClause>ReturningClause withClause>WithClause
VacuumStmt: options* rels* is_vacuumcmd
VariableSetStmt: kind name args jumble_args is_local location
VariableShowStmt: name
ViewStmt: view>RangeVar aliases* query* replace options* withCheckOption
WindowDef: name refname partitionClause orderClause frameOptions startOffset endOffset location
WithClause: ctes recursive location
`

type Field = { readonly name: string; readonly type?: string; readonly isFree: boolean }

const shapes: ReadonlyMap<string, ReadonlyMap<string, Field>> = new Map(
  table
    .trim()
    .split('\n')
    .map((line) => {
      const at = line.indexOf(':')
      const fields = line
        .slice(at + 1)
        .split(' ')
        .filter((word) => word !== '')
        .map((word): [string, Field] => {
          const [name = '', type] = word.replace('*', '').split('>')
          return [name, { name, isFree: word.endsWith('*'), ...(type !== undefined && { type }) }]
        })
      return [line.slice(0, at), new Map(fields)]
    }),
)

/** What Postgres' parser gives is data from outside: it is read as what it is, not as what the types say. */
type Loose = Readonly<Record<string, unknown>>

/** A node with its name. */
export interface Named {
  readonly tag: string
  readonly node: Loose
}

export function named(node: Node): Named {
  const [tag = '', content] = Object.entries(node)[0] ?? []
  return { tag, node: (content ?? {}) as Loose }
}

/**
 * Goes through a node and all that it holds, as far as the shapes tell, and calls `visit` for each.
 * @returns the first node or field that no shape knows, as `Tag` or `Tag.field`; undefined when all are known
 */
export function walk(tag: string, node: object, visit: (found: Named) => void): string | undefined {
  const shape = shapes.get(tag)
  if (shape === undefined) return tag
  visit({ tag, node: node as Loose })
  for (const [name, value] of Object.entries(node)) {
    const field = shape.get(name)
    if (field === undefined) return `${tag}.${name}`
    const strange = field.isFree ? undefined : within(value, field.type, visit)
    if (strange !== undefined) return strange
  }
  return undefined
}

function within(value: unknown, type: string | undefined, visit: (found: Named) => void): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    for (const item of value) {
      const strange = within(item, type, visit)
      if (strange !== undefined) return strange
    }
    return undefined
  }
  if (type !== undefined) return walk(type, value, visit)
  const [tag, content, ...more] = Object.entries(value).flat() as [string?, object?, ...unknown[]]
  // An empty node is a part that was left out, such as the bound of a slice.
  if (tag === undefined) return undefined
  return more.length > 0 ? tag : walk(tag, content ?? {}, visit)
}
