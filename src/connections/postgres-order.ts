import { authentications, ConnectionFault, isWellFormed } from './postgres-message.ts'

/** Names of those that a server may be configured for and that this client does not speak. */
const otherAuthentications: Readonly<Record<number, string>> = {
  2: 'Kerberos 5',
  6: 'SCM credentials',
  7: 'GSSAPI',
  8: 'GSSAPI',
  9: 'SSPI',
}

type State =
  | 'authentication'
  | 'password'
  | 'sasl'
  | 'challenged'
  | 'proven'
  | 'login'
  | 'idle'
  | 'statement'
  | 'parsed'
  | 'bound'
  | 'rows'
  | 'rowless'
  | 'answered'
  | 'failed'
  | 'over'

const { ok, cleartext, md5, sasl, saslContinue, saslFinal } = authentications

/**
 * Which message may follow, and where it leads: a login, then answers to Parse, Bind, Describe and Execute. A server that
 * asked for SASL must prove that it knows the password before it lets us in, and asks for one proof of ours only, which
 * costs a tenth of a second of a processor.
 */
const steps: Readonly<Record<State, Readonly<Record<string, State>>>> = {
  authentication: {
    [`R${ok}`]: 'login',
    [`R${cleartext}`]: 'password',
    [`R${md5}`]: 'password',
    [`R${sasl}`]: 'sasl',
    E: 'over',
  },
  password: { [`R${ok}`]: 'login', E: 'over' },
  sasl: { [`R${saslContinue}`]: 'challenged', E: 'over' },
  challenged: { [`R${saslFinal}`]: 'proven', E: 'over' },
  proven: { [`R${ok}`]: 'login', E: 'over' },
  login: { S: 'login', K: 'login', Z: 'idle', E: 'over' },
  idle: { S: 'idle', A: 'idle', E: 'over' },
  statement: { '3': 'statement', '1': 'parsed', '2': 'bound', E: 'failed' },
  parsed: { '2': 'bound', E: 'failed' },
  bound: { T: 'rows', n: 'rowless', E: 'failed' },
  rows: { D: 'rows', C: 'answered', E: 'failed' },
  rowless: { C: 'answered', I: 'answered', E: 'failed' },
  answered: { Z: 'idle', E: 'failed' },
  failed: { Z: 'idle', E: 'over' },
  over: {},
}

/** Types of the messages that may follow. */
const due: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(steps).map(([state, next]) => [
    state,
    new Set(Object.keys(next).map((step) => step.charAt(0))),
  ]),
)

/** States in which a setting may change or a notification arrive amid an answer. */
const answering: ReadonlySet<State> = new Set<State>([
  'statement',
  'parsed',
  'bound',
  'rows',
  'rowless',
  'answered',
  'failed',
])

/** The state of a conversation: every message must be one that is due, and be well-formed. */
export class Order {
  #state: State = 'authentication'
  #statementsLeft = 0
  #columns = 0

  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  /** From now on the answers to so many statements are due, then the end of all. */
  expect(statements: number): void {
    this.#statementsLeft = statements
    if (this.#state === 'idle') this.#state = 'statement'
  }

  /** @throws ConnectionFault when a message of this type can't be next */
  admit(type: string): void {
    if (due.get(this.#state)?.has(type) !== true && this.#aside(type) === undefined)
      throw this.#unexpected(type)
  }

  /** @throws ConnectionFault when this message can't be next, or is not well-formed */
  take(type: string, body: Buffer): void {
    const step = type === 'R' ? `R${authenticationCode(body)}` : type
    const next = steps[this.#state][step] ?? this.#aside(type)
    if (next === undefined) throw this.#unexpected(step)
    if (!isWellFormed(type, body, this.#columns))
      throw new ConnectionFault('malformed', `a message ${printable(type)} of ${body.length} bytes`)
    if (type === 'T') this.#columns = body.readInt16BE(0)
    this.#state = next === 'answered' && (this.#statementsLeft -= 1) > 0 ? 'statement' : next
  }

  /** A notice may come at any time, a setting or a notification at any time after the login. */
  #aside(type: string): State | undefined {
    const is = type === 'N' || ((type === 'S' || type === 'A') && answering.has(this.#state))
    return is && this.#state !== 'over' ? this.#state : undefined
  }

  #unexpected(step: string): ConnectionFault {
    return new ConnectionFault('malformed', `a message ${printable(step)} in the state ${this.#state}`)
  }
}

/** @throws ConnectionFault when it has none, or one that pg does not speak */
function authenticationCode(body: Buffer): number {
  if (body.length < 4) throw new ConnectionFault('malformed', `a message R of ${body.length} bytes`)
  const code = body.readInt32BE(0)
  const other = otherAuthentications[code]
  if (other !== undefined) throw new ConnectionFault('authentication', other)
  return code
}

function printable(step: string): string {
  return /^[!-~]+$/.test(step) ? step : `0x${Buffer.from(step, 'latin1').toString('hex')}`
}
