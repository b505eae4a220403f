import { ConnectionFault } from './postgres-message.ts'
import { lateIn, networkFailureOf, UnavailableError, type NetworkFailure } from '../core/network-failure.ts'
import type { Unavailable, UnknownReason } from '../core/observation.ts'

/** Who asked whom; named in messages, so it holds nothing secret. */
export interface PostgresLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** What of an error decides; the fields of pg's DatabaseError, of a system error, or only a message. */
interface Fault {
  readonly code?: string
  readonly message: string
  /** Set in every answer of the server and only there; the word itself is in the server's language. */
  readonly severity?: string
  /** Name of the C function that raised it: unlike the message it is never translated. */
  readonly routine?: string
}

/** `{server}`, `{user}`, `{database}`, `{table}`, `{grant}` and `{detail}` in the message are filled in. */
type Rule = readonly [unknownReason: UnknownReason, reason: string, message: string]

/** Reason codes for what happens to the connection. */
const networkReasons: Partial<Readonly<Record<NetworkFailure['fault'], string>>> = {
  refused: 'postgres_refused',
  noName: 'postgres_name_unknown',
  noNameServer: 'postgres_name_unknown',
  notConnected: 'postgres_timeout',
  notAnswered: 'postgres_timeout',
  tls: 'postgres_tls',
}

const unauthorized: Rule = [
  'unauthorized',
  'postgres_unauthorized',
  '{server} refuses the login {user}: check its password, LOGIN attribute and pg_hba.conf (which may require TLS)',
]
const tableMissing: Rule = [
  'ambiguous',
  'postgres_table_missing',
  "database {database} has no table {table}: run the migrations or name the platform's database",
]
const unavailable: Rule = [
  'unreachable',
  'postgres_unavailable',
  '{server} is starting up, shutting down or in recovery: check its log if this does not end',
]
/** A statement that is there already, or is not there any more: the session was lent to others too. */
const pooler: Rule = [
  'unreachable',
  'postgres_pooler',
  '{server} mixes the prepared statements of several clients, as a connection pooler does: the next attempt prepares none, or name the server itself',
]
const late: Rule = network(lateIn('waiting'))
const lost: Rule = [
  'unreachable',
  'postgres_connection_lost',
  'the connection to {server} broke: check whether Postgres or the network was restarted',
]

/** SQLSTATEs that a probe can meet, some with the routine that raised them. https://www.postgresql.org/docs/18/errcodes-appendix.html */
const states: Readonly<Record<string, Rule>> = {
  '28P01': unauthorized,
  '28000': unauthorized,
  '42501': ['unauthorized', 'postgres_not_permitted', '{user} lacks a right: {grant}'],
  '42P01': tableMissing,
  '3F000': tableMissing,
  '42703': [
    'malformed',
    'postgres_schema_mismatch',
    "a table in {database} lacks a column that the platform's schema has: this version of the platform is not known",
  ],
  '3D000': [
    'unreachable',
    'postgres_database_missing',
    '{server} has no database {database}: correct the configured database name',
  ],
  '53300': [
    'unreachable',
    'postgres_connection_limit',
    '{server} has no connection slot left: close connections or raise max_connections',
  ],
  // Of a full server this is evidence; a full login or database of ours says nothing of it.
  '53300 InitializeSessionUserId': [
    'unreachable',
    'postgres_login_limit',
    'the login {user} has used up its own CONNECTION LIMIT: raise it or stop other users of this login',
  ],
  '53300 CheckMyDatabase': [
    'unreachable',
    'postgres_database_limit',
    'database {database} has used up its CONNECTION LIMIT: raise it or close connections',
  ],
  '57P01': unavailable,
  '57P02': unavailable,
  '57P03': unavailable,
  '57014': [
    'timeout',
    'postgres_statement_timeout',
    'a query in {database} was cancelled by its statement timeout: the server is overloaded or the table needs VACUUM',
  ],
  '55P03': [
    'timeout',
    'postgres_lock_timeout',
    'a table in {database} is locked exclusively: find the holder in pg_locks (a migration, VACUUM FULL or LOCK TABLE)',
  ],
  '08P01': [
    'unreachable',
    'postgres_pooler',
    '{server} refuses {user} as a connection pooler does: let the pooler know this login and database {database}, or name the server itself',
  ],
  '42P05': pooler,
  '26000': pooler,
}

const faults: Readonly<Record<ConnectionFault['kind'], Rule>> = {
  timeout: late,
  closed: lost,
  no_tls: [
    'unreachable',
    'postgres_tls',
    '{server} does not offer TLS: turn ssl on at the server or tls off in the configuration',
  ],
  authentication: [
    'unauthorized',
    'postgres_authentication',
    '{server} asks {user} for {detail}, which is not spoken: configure scram-sha-256 for this login in pg_hba.conf',
  ],
  too_large: [
    'malformed',
    'postgres_answer_too_large',
    "{server} sent {detail} in one answer: check that this is Postgres with the platform's database",
  ],
  malformed: [
    'malformed',
    'postgres_malformed',
    '{server} does not keep to the protocol of Postgres ({detail}): check that the address is that of Postgres',
  ],
}

/** Postgres can't be asked, or refuses, for a known reason. */
export class PostgresFailure extends UnavailableError {
  override readonly name = 'PostgresFailure'
  /** Whether the connection that it happened on is of no further use. */
  readonly fatal: boolean

  constructor(unavailable: Unavailable, fatal: boolean) {
    super(unavailable)
    this.fatal = fatal
  }
}

// Connection exceptions, refused logins, no slot left, shutdown: the server hangs up after these. Statements that are
// lost or were there before show that the session is not ours alone.
const endsConnection = /^(08|28|3D000|53300|57P|42P05|26000)/

/**
 * Puts an error of the connection into one sentence that says what to do. Anything that neither pg nor the network nor
 * the server made is returned as it came: it is a fault of ours.
 */
export function postgresFailure(error: unknown, login: PostgresLogin): unknown {
  if (error instanceof PostgresFailure || !(error instanceof Error)) return error
  if (error instanceof ConnectionFault)
    return new PostgresFailure(filled(faults[error.kind], login, error), true)
  const fault: Fault = error
  const { code = '', severity } = fault
  if (severity !== undefined)
    return new PostgresFailure(filled(refusal(fault), login, fault), endsConnection.test(code))
  const rule = unanswered(fault)
  return rule === undefined ? error : new PostgresFailure(filled(rule, login, fault), true)
}

/** Of a server that says that it is a standby. */
export function standby(login: PostgresLogin): Unavailable {
  const message = '{server} is a standby whose rows may lag: name the primary, or wait until it is promoted'
  return filled(['contradictory', 'postgres_in_recovery', message], login)
}

function filled(
  [unknownReason, reason, text]: Rule,
  login: PostgresLogin,
  { message = '', detail = '' }: { readonly message?: string; readonly detail?: string } = {},
): Unavailable {
  const { host, port, user, database } = login
  const parts: Readonly<Record<string, string>> = {
    server: `Postgres at ${host.includes(':') ? `[${host}]` : host}:${port}`,
    user,
    database,
    table: relationIn(message) ?? 'of that name',
    grant: missingGrant(message, user),
    detail,
  }
  return {
    unknownReason,
    reason,
    message: text.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? ''),
  }
}

/** What an answer of the server means. */
function refusal({ code = '', routine = '' }: Fault): Rule {
  const rule = states[`${code} ${routine}`] ?? states[code]
  if (rule !== undefined) return rule
  // Insufficient resources, operator intervention, system and connection errors; the rest is what we do not expect.
  const unknownReason = /^(08|53|57|58)/.test(code) ? 'unreachable' : 'malformed'
  const message = `{server} answered with SQLSTATE ${code || 'missing'}: check the log of Postgres`
  return [unknownReason, 'postgres_error', message]
}

function missingGrant(message: string, user: string): string {
  const role = `"${user.replaceAll('"', '""')}"`
  const relation = relationIn(message)
  if (relation !== undefined) return `GRANT SELECT ON public.${relation} TO ${role}`
  return /\bpublic\b/.test(message)
    ? `GRANT USAGE ON SCHEMA public TO ${role}`
    : `see the grants that the documentation lists, for ${role}`
}

// The message is in the server's language; the platform's table names all have an underscore and nothing else has.
function relationIn(message: string): string | undefined {
  return /[a-z][a-z0-9]*(?:_[a-z0-9]+)+/.exec(message)?.[0]
}

const hungUp =
  /^Connection terminated|^The connection was closed|not queryable$|^Client has encountered a connection error/

/** Of an error of the network, or of pg itself. */
function unanswered(fault: Fault): Rule | undefined {
  // These errors of pg, and those of a connection that ended, carry no code.
  if (fault.message.startsWith('SASL'))
    return [
      'unauthorized',
      'postgres_unauthorized',
      '{server} asks for a password that was not given or does not answer as it should: check the password of {user}',
    ]
  const failure = networkFailureOf(fault)
  if (failure !== undefined) return network(failure)
  return hungUp.test(fault.message) ? lost : undefined
}

function network({ fault, unknownReason, says, fix }: NetworkFailure): Rule {
  return [unknownReason, networkReasons[fault] ?? 'postgres_connection_lost', `{server} ${says}: ${fix}`]
}
