import type { Blindness, UnknownReason } from '../core/observation.ts'
import { addressOf, blind, refused, type Fault, type PostgresLogin } from './postgres-sqlstate.ts'

/** Postgres can't be asked, or refuses, and it is known why. */
export class PostgresFailure extends Error implements Blindness {
  override readonly name = 'PostgresFailure'
  readonly unknownReason: UnknownReason
  readonly reason: string
  /** Whether the connection that it happened on is of no further use. */
  readonly fatal: boolean

  constructor(blindness: Blindness, fault: Fault) {
    super(blindness.message)
    this.unknownReason = blindness.unknownReason
    this.reason = blindness.reason
    this.fatal = fault.severity === undefined || endsConnection.test(fault.code ?? '')
  }
}

// Connection exceptions, refused logins, no slot left, shutdown: the server hangs up after these.
const endsConnection = /^(08|28|3D000|53300|57P)/

/**
 * Puts an error of pg into one sentence that says what to do. Anything that is not an error of pg or of the network
 * is returned as it came: it is a fault of ours.
 */
export function postgresFailure(error: unknown, login: PostgresLogin): unknown {
  if (!(error instanceof Error)) return error
  const fault: Fault = error
  const blindness = fault.severity === undefined ? unanswered(fault, login) : refused(fault, login)
  return blindness === undefined ? error : new PostgresFailure(blindness, fault)
}

const noAnswer =
  /^(Query read timeout|timeout expired|timeout exceeded|Connection terminated due to connection timeout)/
const hungUp =
  /^Connection terminated|^The connection was closed|not queryable$|^Client has encountered a connection error/

function unanswered(fault: Fault, login: PostgresLogin): Blindness | undefined {
  const server = addressOf(login)
  const code = fault.code ?? ''
  const unreachable = (reason: string, message: string) => blind('unreachable', reason, message)
  // These errors of pg carry no code.
  if (noAnswer.test(fault.message) || code === 'ETIMEDOUT')
    return blind(
      'timeout',
      'postgres_timeout',
      `${server} did not answer in time: check that it runs and is not overloaded`,
    )
  if (fault.message.startsWith('SASL'))
    return blind(
      'unauthorized',
      'postgres_unauthorized',
      `${server} asks for a password that was not given or does not answer as it should: check the password of ${login.user}`,
    )
  if (/does not support SSL/.test(fault.message))
    return unreachable(
      'postgres_tls',
      `${server} does not offer TLS: turn ssl on at the server or tls off in the configuration`,
    )
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return unreachable(
      'postgres_tls',
      `the certificate of ${server} is for another name: configure the name in the certificate as host or servername`,
    )
  if (isTlsCode(code))
    return unreachable(
      'postgres_tls',
      `TLS with ${server} failed (${code}): configure the CA that signed its certificate, and a client certificate if it asks for one`,
    )
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return unreachable(
      'postgres_name_unknown',
      `the name ${login.host} does not resolve: correct the host or see the name server`,
    )
  if (code === 'ECONNREFUSED')
    return unreachable(
      'postgres_refused',
      `nothing accepts connections at ${server}: start Postgres or correct the address`,
    )
  if (/^E[A-Z]+$/.test(code) || hungUp.test(fault.message))
    return unreachable(
      'postgres_connection_lost',
      `the connection to ${server} broke: see whether Postgres or the network was restarted`,
    )
  return undefined
}

function isTlsCode(code: string): boolean {
  return /CERT|^ERR_SSL|^ERR_TLS|SELF_SIGNED|UNABLE_TO_VERIFY|^EPROTO$/.test(code)
}
