import { words } from './words.ts'

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
