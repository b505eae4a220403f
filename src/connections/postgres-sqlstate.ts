import type { Unavailable, UnknownReason } from '../core/observation.ts'

/** Who asked whom; named in messages, so it holds nothing secret. */
export interface PostgresLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** What of an error decides; the fields of pg's DatabaseError, of a system error, or only a message. */
export interface Fault {
  readonly code?: string
  readonly message: string
  /** Set in every answer of the server and only there; the word itself is in the server's language. */
  readonly severity?: string
  /** Name of the C function that raised it: unlike the message it is never translated. */
  readonly routine?: string
}

type Meaning = readonly [
  unknownReason: UnknownReason,
  reason: string,
  message: (login: PostgresLogin, fault: Fault) => string,
]

const unauthorized: Meaning = [
  'unauthorized',
  'postgres_unauthorized',
  (login) =>
    `${addressOf(login)} refuses the login ${login.user}: check its password, LOGIN attribute and pg_hba.conf (which may demand TLS)`,
]

const tableMissing: Meaning = [
  'ambiguous',
  'postgres_table_missing',
  ({ database }, { message }) =>
    `database ${database} has no table ${relationIn(message) ?? 'of that name'}: run the migrations or name the platform's database`,
]

const unavailable: Meaning = [
  'unreachable',
  'postgres_unavailable',
  (login) =>
    `${addressOf(login)} is starting up, shutting down or in recovery: see its log if this does not end by itself`,
]

/** A statement that is there already, or is not there any more: the session was lent to others too. */
const pooler: Meaning = [
  'unreachable',
  'postgres_pooler',
  (login) =>
    `${addressOf(login)} mixes the prepared statements of several clients, as a connection pooler does: the next look prepares none, or name the server itself`,
]

/** SQLSTATEs that a look can meet. https://www.postgresql.org/docs/18/errcodes-appendix.html */
const meanings: Readonly<Record<string, Meaning>> = {
  '28P01': unauthorized,
  '28000': unauthorized,
  '42501': [
    'unauthorized',
    'postgres_not_permitted',
    ({ user }, fault) => `${user} lacks a right: ${missingGrant(fault, user)}`,
  ],
  '42P01': tableMissing,
  '3F000': tableMissing,
  '42703': [
    'malformed',
    'postgres_schema_mismatch',
    ({ database }) =>
      `a table in ${database} lacks a column that the platform's schema has: this version of the platform is not known`,
  ],
  '3D000': [
    'unreachable',
    'postgres_database_missing',
    (login) => `${addressOf(login)} has no database ${login.database}: correct the configured database name`,
  ],
  '57P01': unavailable,
  '57P02': unavailable,
  '57P03': unavailable,
  '57014': [
    'timeout',
    'postgres_statement_timeout',
    ({ database }) =>
      `a look at ${database} was cancelled by its statement timeout: the server is overloaded or the table needs VACUUM`,
  ],
  '55P03': [
    'timeout',
    'postgres_lock_timeout',
    ({ database }) =>
      `a table in ${database} is locked exclusively: find the holder in pg_locks (a migration, VACUUM FULL or LOCK TABLE)`,
  ],
  '08P01': [
    'unreachable',
    'postgres_pooler',
    (login) =>
      `${addressOf(login)} refuses ${login.user} as a connection pooler does: let the pooler know this login and database ${login.database}, or name the server itself`,
  ],
  '42P05': pooler,
  '26000': pooler,
}

/** What an answer of the server means, told by its SQLSTATE. */
export function refused(fault: Fault, login: PostgresLogin): Unavailable {
  const state = fault.code ?? ''
  if (state === '53300') return connectionLimit(fault, login)
  const meaning = meanings[state]
  if (meaning !== undefined) {
    const [unknownReason, reason, message] = meaning
    return blind(unknownReason, reason, message(login, fault))
  }
  // Insufficient resources, operator intervention, system and connection errors; the rest is what we do not expect.
  const unknownReason = /^(08|53|57|58)/.test(state) ? 'unreachable' : 'malformed'
  const message = `${addressOf(login)} answered with SQLSTATE ${state || 'missing'}: see the log of Postgres`
  return blind(unknownReason, 'postgres_error', message)
}

/** A full server is evidence; a full login or database of our own only blinds us. */
function connectionLimit(fault: Fault, login: PostgresLogin): Unavailable {
  if (fault.routine === 'InitializeSessionUserId') {
    const message = `the login ${login.user} has used up its own CONNECTION LIMIT: raise it or stop other users of this login`
    return blind('unreachable', 'postgres_login_limit', message)
  }
  if (fault.routine === 'CheckMyDatabase') {
    const message = `database ${login.database} has used up its CONNECTION LIMIT: raise it or close connections`
    return blind('unreachable', 'postgres_database_limit', message)
  }
  const message = `${addressOf(login)} has no connection slot left: close connections or raise max_connections`
  return blind('unreachable', 'postgres_connection_limit', message)
}

function missingGrant(fault: Fault, user: string): string {
  const role = `"${user.replaceAll('"', '""')}"`
  const relation = relationIn(fault.message)
  if (relation !== undefined) return `GRANT SELECT ON public.${relation} TO ${role}`
  return /\bpublic\b/.test(fault.message)
    ? `GRANT USAGE ON SCHEMA public TO ${role}`
    : `see the grants that the documentation lists, for ${role}`
}

// The message is in the server's language; the platform's table names all have an underscore and nothing else has.
function relationIn(message: string): string | undefined {
  return /[a-z][a-z0-9]*(?:_[a-z0-9]+)+/.exec(message)?.[0]
}

/** `Postgres at db.example:5432`. */
export function addressOf({ host, port }: PostgresLogin): string {
  return `Postgres at ${host.includes(':') ? `[${host}]` : host}:${port}`
}

export function blind(unknownReason: UnknownReason, reason: string, message: string): Unavailable {
  return { unknownReason, reason, message }
}
