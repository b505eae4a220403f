import type { Node } from 'libpg-query'
import { partsName, typeText } from './effects.ts'
import { named, type Named, walk } from './shapes.ts'

/** What an expression or query that a migration carries out may do beside giving a value; undefined when nothing. */
export function sideEffect(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined
  const { tag, node: root } = named(node)
  let found: string | undefined
  const strange = walk(tag, root, (inner) => {
    found ??= effectOfNode(inner)
  })
  return found ?? (strange === undefined ? undefined : `uses ${strange}, which is not known to be harmless`)
}

// Functions of Postgres itself that change nothing that the previous version sees.
const harmless = words(`current_setting nextval currval pg_notify to_regclass version now clock_timestamp
  statement_timestamp transaction_timestamp timezone date_trunc date_part extract age to_timestamp to_char to_date make_interval
  pg_advisory_lock pg_advisory_xact_lock pg_advisory_unlock pg_try_advisory_xact_lock pg_try_advisory_lock
  count max min sum avg bool_and bool_or every array_agg string_agg jsonb_agg json_agg jsonb_object_agg
  row_number rank dense_rank lag lead first_value last_value ntile
  format lower upper length char_length character_length octet_length substr substring left right btrim ltrim rtrim replace
  regexp_replace regexp_match split_part position strpos concat concat_ws starts_with quote_ident quote_literal md5 sha256
  encode decode abs round ceil floor mod random gen_random_uuid uuidv4 uuidv7 uuid_generate_v4
  array_length cardinality array_append array_remove array_position unnest generate_series
  jsonb_typeof json_typeof jsonb_build_object json_build_object jsonb_build_array json_build_array to_jsonb to_json
  row_to_json jsonb_set jsonb_strip_nulls jsonb_array_length jsonb_array_elements jsonb_array_elements_text jsonb_each
  jsonb_each_text jsonb_object_keys jsonb_extract_path jsonb_extract_path_text
  pg_typeof current_database pg_backend_pid txid_current pg_get_serial_sequence obj_description col_description like_escape
  set_config overlay trim like_regex`)

const changesRows = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

function effectOfNode({ tag, node }: Named): string | undefined {
  if (changesRows.has(tag)) return 'changes rows in a query'
  if (tag === 'FuncCall') {
    const name = functionName(node)
    if (name === 'set_config') return settingEffect(node)
    if (!harmless.has(name)) return `calls ${name}, which may do anything`
  }
  // An operator with a schema is not Postgres' own.
  if (tag === 'A_Expr' && Array.isArray(node['name']) && node['name'].length > 1)
    return 'uses an operator that may do anything'
  return undefined
}

/** The name of the function that a call names; one of Postgres' own without its schema. */
export function functionName(call: Named['node']): string {
  const parts = Array.isArray(call['funcname']) ? (call['funcname'] as Node[]) : []
  return partsName(parts).replace(/^pg_catalog\./, '')
}

/** A call of set_config is as SET: it matters what is set. */
function settingEffect(call: Named['node']): string | undefined {
  const [name, value] = (Array.isArray(call['args']) ? (call['args'] as Node[]) : []).map(constant)
  if (name === undefined) return 'calls set_config, which may do anything'
  return settingMatters(name, value === undefined ? [undefined] : [value])
}

/** The value of a constant, as text; undefined for what is none. */
export function constant(node: Node): string | undefined {
  if ('TypeCast' in node) return node.TypeCast.arg === undefined ? undefined : constant(node.TypeCast.arg)
  if (!('A_Const' in node)) return undefined
  // The parser leaves out what is zero, empty or false.
  const { ival, fval, boolval, sval, isnull } = node.A_Const
  if (isnull === true) return undefined
  if (sval !== undefined) return sval.sval ?? ''
  if (boolval !== undefined) return String(boolval.boolval ?? false)
  if (ival !== undefined) return String(ival.ival ?? 0)
  return fval?.fval
}

// These never give null, whatever they are given or when they are given something.
const neverNull =
  words(`now clock_timestamp statement_timestamp transaction_timestamp gen_random_uuid uuidv4 uuidv7
  uuid_generate_v4 nextval random jsonb_build_object json_build_object jsonb_build_array json_build_array txid_current
  current_database pg_backend_pid version`)

// Casts to these can't turn a value into null, as a domain's or an extension's might.
const builtinTypes =
  words(`bool boolean int2 int4 int8 smallint integer int bigint float4 float8 real numeric decimal money
  text varchar bpchar char character name bytea uuid json jsonb xml date time timetz timestamp timestamptz interval inet cidr
  macaddr macaddr8 bit varbit oid regclass regtype tsvector tsquery point line lseg box path polygon circle int4range int8range
  numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange
  citext hstore ltree`)

/** Whether a type is Postgres' own or an extension's, and so no domain whose constraints refuse null. */
export function isBuiltinType(type: Parameters<typeof typeText>[0]): boolean {
  return builtinTypes.has(typeText(type).replaceAll('[]', ''))
}

/** Whether a default gives a value: `yes`, `no` when it is null for sure, `unclear` otherwise. */
export function givesValue(node: Node): 'yes' | 'no' | 'unclear' {
  if ('A_Const' in node) return node.A_Const.isnull === true ? 'no' : 'yes'
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast
    const given = arg === undefined ? 'unclear' : givesValue(arg)
    return given === 'yes' && !isBuiltinType(typeName) && constant(node) === undefined ? 'unclear' : given
  }
  if ('CollateClause' in node && node.CollateClause.arg !== undefined)
    return givesValue(node.CollateClause.arg)
  if ('A_ArrayExpr' in node || 'RowExpr' in node) return 'yes'
  if ('SQLValueFunction' in node)
    return node.SQLValueFunction.op === 'SVFOP_CURRENT_SCHEMA' ? 'unclear' : 'yes'
  if ('FuncCall' in node) return neverNull.has(functionName({ ...node.FuncCall })) ? 'yes' : 'unclear'
  return 'unclear'
}

// What changes neither what the statements after it mean nor what the previous version sees.
const freeSettings =
  words(`statement_timeout lock_timeout idle_in_transaction_session_timeout transaction_timeout
  idle_session_timeout client_min_messages log_min_messages check_function_bodies xmloption default_tablespace
  default_table_access_method default_with_oids maintenance_work_mem work_mem escape_string_warning timezone datestyle
  intervalstyle bytea_output extra_float_digits application_name synchronous_commit jit row_security
  max_parallel_workers_per_gather max_parallel_maintenance_workers default_toast_compression`)

/** Why it matters that a setting is set, or undefined. A value that is not known is undefined. */
export function settingMatters(name: string, values: readonly (string | undefined)[]): string | undefined {
  const setting = name.toLowerCase()
  const only = (...allowed: readonly string[]): boolean =>
    values.every((value) => value !== undefined && allowed.includes(value.toLowerCase().trim()))
  if (setting === 'search_path')
    return values.every(isOwnPath) ? undefined : 'changes where names are looked up'
  if (setting === 'standard_conforming_strings')
    return only('on', 'true') ? undefined : 'changes how strings are read'
  if (setting === 'client_encoding')
    return only('utf8', 'utf-8', 'unicode') ? undefined : 'changes how the file is read'
  return freeSettings.has(setting) ? undefined : `sets ${name}, which may change what follows`
}

/** Where names without a schema lead elsewhere, two of the same name need not be one thing. */
function isOwnPath(value: string | undefined): boolean {
  const schemas = value?.split(',').map((schema) => schema.trim().replaceAll('"', ''))
  return schemas?.every((schema) => ['', 'public', 'pg_catalog'].includes(schema)) ?? false
}

/** The words of a list that is written as one text. */
export function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/))
}
