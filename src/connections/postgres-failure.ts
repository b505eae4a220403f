import { lateIn, networkFailureOf, type NetworkFailure } from '../core/network-failure.ts'
import type { Unavailable, UnknownReason } from '../core/observation.ts'
import { ConnectionFault } from './postgres-fault.ts'
import { ANSWER_BYTES } from './postgres-frames.ts'
import { addressOf, blind, refused, type Fault, type PostgresLogin } from './postgres-sqlstate.ts'

/** Postgres can't be asked, or refuses, and it is known why. */
export class PostgresFailure extends Error implements Unavailable {
  override readonly name = 'PostgresFailure'
  readonly unknownReason: UnknownReason
  readonly reason: string
  /** Whether the connection that it happened on is of no further use. */
  readonly fatal: boolean

  constructor({ unknownReason, reason, message }: Unavailable, fatal: boolean) {
    super(message)
    this.unknownReason = unknownReason
    this.reason = reason
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
  if (error instanceof ConnectionFault) return new PostgresFailure(faulty(error, login), true)
  const fault: Fault = error
  if (fault.severity !== undefined)
    return new PostgresFailure(refused(fault, login), endsConnection.test(fault.code ?? ''))
  const unavailable = unanswered(fault, login)
  return unavailable === undefined ? error : new PostgresFailure(unavailable, true)
}

/** Of a server that says that it is a standby. */
export function standby(login: PostgresLogin): Unavailable {
  return blind(
    'contradictory',
    'postgres_in_recovery',
    `${addressOf(login)} is a standby whose rows may lag: name the primary, or wait until it is promoted`,
  )
}

function faulty({ kind, detail }: ConnectionFault, login: PostgresLogin): Unavailable {
  const server = addressOf(login)
  switch (kind) {
    case 'timeout':
      return network(lateIn('waiting'), server)
    case 'closed':
      return lost(server)
    case 'no_tls':
      return blind(
        'unreachable',
        'postgres_tls',
        `${server} does not offer TLS: turn ssl on at the server or tls off in the configuration`,
      )
    case 'authentication':
      return blind(
        'unauthorized',
        'postgres_authentication',
        `${server} asks ${login.user} for ${detail}, which is not spoken: configure scram-sha-256 for this login in pg_hba.conf`,
      )
    case 'too_large':
      return blind(
        'malformed',
        'postgres_answer_too_large',
        `${server} sent more than ${ANSWER_BYTES / 1024} KiB in one answer: check that this is Postgres with the platform's database`,
      )
    case 'malformed':
      return blind(
        'malformed',
        'postgres_malformed',
        `${server} does not keep to the protocol of Postgres (${detail}): check that the address is that of Postgres`,
      )
  }
}

function lost(server: string): Unavailable {
  return blind(
    'unreachable',
    'postgres_connection_lost',
    `the connection to ${server} broke: see whether Postgres or the network was restarted`,
  )
}

const hungUp =
  /^Connection terminated|^The connection was closed|not queryable$|^Client has encountered a connection error/

/** Reason codes for what happens to the connection; all else that breaks it is `postgres_connection_lost`. */
const networkReasons: Partial<Readonly<Record<NetworkFailure['fault'], string>>> = {
  refused: 'postgres_refused',
  noName: 'postgres_name_unknown',
  noNameServer: 'postgres_name_unknown',
  notConnected: 'postgres_timeout',
  notAnswered: 'postgres_timeout',
  tls: 'postgres_tls',
}

function network({ fault, unknownReason, says, fix }: NetworkFailure, server: string): Unavailable {
  return blind(
    unknownReason,
    networkReasons[fault] ?? 'postgres_connection_lost',
    `${server} ${says}: ${fix}`,
  )
}

/** Of an error of the network, or of pg itself. */
function unanswered(fault: Fault, login: PostgresLogin): Unavailable | undefined {
  const server = addressOf(login)
  // These errors of pg, and those of a connection that ended, carry no code.
  if (fault.message.startsWith('SASL'))
    return blind(
      'unauthorized',
      'postgres_unauthorized',
      `${server} asks for a password that was not given or does not answer as it should: check the password of ${login.user}`,
    )
  const failure = networkFailureOf(fault)
  if (failure !== undefined) return network(failure, server)
  return hungUp.test(fault.message) ? lost(server) : undefined
}
