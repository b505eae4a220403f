import { describe, expect, test } from 'vitest'
import { postgresFailure, PostgresFailure, standby } from '../../../src/connections/postgres-failure.ts'
import { ConnectionFault } from '../../../src/connections/postgres-message.ts'

const login = { host: 'db.example', port: 5432, user: 'gate"r', database: 'caracal' }

function judge(fields: object): PostgresFailure {
  const failure = postgresFailure(Object.assign(new Error(), { severity: 'FATAL', ...fields }), login)
  if (!(failure instanceof PostgresFailure)) throw new Error('not taken for a failure of Postgres')
  return failure
}

function judgeUnanswered(fields: object): PostgresFailure {
  return judge({ severity: undefined, ...fields })
}

describe('an answer of the server', () => {
  test.each([
    ['28P01', 'unauthorized', 'postgres_unauthorized'],
    ['28000', 'unauthorized', 'postgres_unauthorized'],
    ['42501', 'unauthorized', 'postgres_not_permitted'],
    ['42P01', 'ambiguous', 'postgres_table_missing'],
    ['3F000', 'ambiguous', 'postgres_table_missing'],
    ['42703', 'malformed', 'postgres_schema_mismatch'],
    ['3D000', 'unreachable', 'postgres_database_missing'],
    ['53300', 'unreachable', 'postgres_connection_limit'],
    ['53200', 'unreachable', 'postgres_error'],
    ['57P01', 'unreachable', 'postgres_unavailable'],
    ['57P02', 'unreachable', 'postgres_unavailable'],
    ['57P03', 'unreachable', 'postgres_unavailable'],
    ['57014', 'timeout', 'postgres_statement_timeout'],
    ['55P03', 'timeout', 'postgres_lock_timeout'],
    ['08P01', 'unreachable', 'postgres_pooler'],
    ['42P05', 'unreachable', 'postgres_pooler'],
    ['26000', 'unreachable', 'postgres_pooler'],
    ['XX000', 'malformed', 'postgres_error'],
  ])('%s is %s, %s', (code, unknownReason, reason) => {
    const failure = judge({ code })
    expect(failure).toMatchObject({ unknownReason, reason })
    expect(failure.message).toMatch(/caracal|db\.example:5432|gate"r/)
  })

  test.each([
    ['sorry, too many clients already', 'InitProcess', 'postgres_connection_limit'],
    ['remaining connection slots are reserved', 'InitPostgres', 'postgres_connection_limit'],
    ['too many connections for role "gate"', 'InitializeSessionUserId', 'postgres_login_limit'],
    ['too many connections for database "caracal"', 'CheckMyDatabase', 'postgres_database_limit'],
  ])('53300 tells a full server from a full login: %s', (message, routine, reason) => {
    expect(judge({ code: '53300', message, routine })).toMatchObject({ unknownReason: 'unreachable', reason })
  })

  test.each([
    ['permission denied for table event_outbox', 'GRANT SELECT ON public.event_outbox TO "gate""r"'],
    ['keine Berechtigung für Tabelle event_outbox', 'GRANT SELECT ON public.event_outbox TO "gate""r"'],
    ['permission denied for schema public', 'GRANT USAGE ON SCHEMA public TO "gate""r"'],
    ['permission denied', 'see the grants'],
  ])('42501 names the grant that fixes it: %s', (message, grant) => {
    expect(judge({ code: '42501', message }).message).toContain(grant)
  })

  test('names the table that is missing', () => {
    const message = 'relation "public.schema_migrations" does not exist'
    expect(judge({ code: '42P01', message }).message).toContain('no table schema_migrations')
  })

  test('says whether the connection is of further use, in whatever language the severity is', () => {
    expect(judge({ code: '42501', severity: 'FEHLER' }).fatal).toBe(false)
    expect(judge({ code: '55P03', severity: 'ERROR' }).fatal).toBe(false)
    expect(judge({ code: '57P01', severity: 'FATAL' }).fatal).toBe(true)
    expect(judge({ code: '53300', severity: 'FATAL' }).fatal).toBe(true)
    // Statements of others in it: the session is not ours.
    expect(judge({ code: '42P05', severity: 'ERROR' }).fatal).toBe(true)
  })
})

describe('no answer', () => {
  test.each([
    [{ code: 'ETIMEDOUT' }, 'timeout', 'postgres_timeout'],
    [{ message: 'SASL: client password must be a string' }, 'unauthorized', 'postgres_unauthorized'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'unreachable', 'postgres_tls'],
    [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'unreachable', 'postgres_tls'],
    [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'unreachable', 'postgres_tls'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'unreachable', 'postgres_tls'],
    [{ code: 'ENOTFOUND' }, 'unreachable', 'postgres_name_unknown'],
    [{ code: 'EAI_AGAIN' }, 'unreachable', 'postgres_name_unknown'],
    [{ code: 'ECONNREFUSED' }, 'unreachable', 'postgres_refused'],
    [{ code: 'ECONNRESET' }, 'unreachable', 'postgres_connection_lost'],
    [{ code: 'EHOSTUNREACH' }, 'unreachable', 'postgres_connection_lost'],
    [{ message: 'Connection terminated unexpectedly' }, 'unreachable', 'postgres_connection_lost'],
    [{ message: 'Connection terminated' }, 'unreachable', 'postgres_connection_lost'],
  ])('%o is %s, %s', (fields, unknownReason, reason) => {
    expect(judgeUnanswered(fields)).toMatchObject({ unknownReason, reason, fatal: true })
  })

  test('leaves a fault of ours as it came', () => {
    const fault = new TypeError('x is not a function')
    expect(postgresFailure(fault, login)).toBe(fault)
    expect(postgresFailure('text', login)).toBe('text')
  })
})

test('says nothing of what the server wrote, which may quote a statement or a password', () => {
  const secret = 'hunter2 SELECT 1 postgres://a:b@c/d'
  for (const code of ['28P01', '42501', '42P01', '53300', '57014', 'XX000', '99999'])
    expect(judge({ code, message: secret, detail: secret }).message).not.toContain('hunter2')
})

test('R65: what a standby says contradicts what may be on the primary (X90)', () => {
  const failure = new PostgresFailure(standby(login), false)
  expect(failure).toMatchObject({ unknownReason: 'contradictory', reason: 'postgres_in_recovery' })
  expect(failure.message).toContain('db.example:5432 is a standby')
})

describe('a fault that the connection found', () => {
  test.each([
    ['timeout', 'timeout', 'postgres_timeout'],
    ['closed', 'unreachable', 'postgres_connection_lost'],
    ['no_tls', 'unreachable', 'postgres_tls'],
    ['authentication', 'unauthorized', 'postgres_authentication'],
    ['malformed', 'malformed', 'postgres_malformed'],
    ['too_large', 'malformed', 'postgres_answer_too_large'],
  ] as const)('X80, X82: %s is %s, %s', (kind, unknownReason, reason) => {
    const failure = postgresFailure(new ConnectionFault(kind, 'a message H'), login)
    expect(failure).toMatchObject({ unknownReason, reason, fatal: true })
    expect(failure).toHaveProperty('message', expect.stringContaining('db.example:5432'))
    expect(postgresFailure(failure, login)).toBe(failure)
  })
})

test('puts an IPv6 address into brackets', () => {
  const failure = postgresFailure(Object.assign(new Error(), { code: 'ECONNREFUSED' }), {
    ...login,
    host: '::1',
  })
  expect(failure).toMatchObject({ message: expect.stringContaining('[::1]:5432') })
})
