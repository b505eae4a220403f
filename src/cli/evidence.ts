import { authorFrom } from './author.ts'
import { choice, duration, UsageError, valueOf, type Given } from './arguments.ts'
import { endpointFrom, rolloutFrom } from './connect.ts'
import { exitCodes, interruptionCode, type ExitCode } from './exit-codes.ts'
import type { Endpoint } from './http.ts'
import type { CliProcess } from './process.ts'
import { push, type Evidence } from './push.ts'
import { systemSurroundings } from './surroundings.ts'
import { printable, printableJson } from './text.ts'

/** What was found out about a check. */
export interface Found {
  readonly check: string
  readonly outcome: 'pass' | 'fail'
  /** In words, for the check and for people; at most 300 characters of it are pushed. */
  readonly message: string
  readonly digest?: string
}

/** Everything that is settled before anybody looks: who says it, for how long, and where to. */
export interface Session {
  readonly process: CliProcess
  readonly output: 'text' | 'json'
  /** Absent: nothing is pushed. */
  readonly endpoint?: Endpoint
  readonly signed: Pick<Evidence, 'actor' | 'reason' | 'rollout' | 'issuedAt' | 'validForSeconds'>
}

/**
 * Reads what all evidence commands have in common. What is found counts from now on, since it is looked for from now on.
 * @throws UsageError also when there is no token: better before the work than after it
 */
export async function openSession(process: CliProcess, given: Given, name: string): Promise<Session> {
  const output = choice(given, 'output', ['text', 'json'])
  const validFor = duration(given, 'valid-for', '1s', '720h') ?? 7_200_000
  const { env } = process
  const isDry = valueOf(given, 'dry-run') !== undefined
  const signed = {
    ...authorFrom(given, env, `caracal-gate ${name}`, isDry ? 'nobody' : undefined),
    ...rolloutFrom(given),
    issuedAt: systemSurroundings.date().toISOString(),
    validForSeconds: Math.max(1, Math.round(validFor / 1_000)),
  }
  if (isDry) return { process, output, signed }
  const endpoint = await endpointFrom(given, env)
  if ((await endpoint.token()) === undefined)
    throw new UsageError('evidence needs a token of scope evidence: give --token-file or CARACAL_GATE_TOKEN')
  return { process, output, endpoint, signed }
}

/** Pushes what was found, in its order, and shows it. With `--dry-run` only shows it; the exit code is the same. */
export async function handIn(
  session: Session,
  found: readonly Found[],
  details: object = {},
): Promise<ExitCode> {
  const { process, endpoint, signed } = session
  const shown: object[] = []
  for (const { check, ...rest } of found) {
    const evidence: Evidence = { ...rest, message: printable(rest.message, 300), ...signed }
    if (endpoint === undefined) {
      shown.push({ check, ...evidence })
      say(session, `would push ${check}: ${inWords(evidence)}`)
      continue
    }
    const pushed = await push(endpoint, check, evidence, systemSurroundings, process.interrupted)
    if (pushed.kind === 'interrupted') return interruptionCode(process.interrupted)
    if (pushed.kind !== 'accepted') {
      const what = pushed.kind === 'refused' ? 'the exporter did not take' : 'could not deliver'
      process.stderr.write(`caracal-gate: ${what} ${check}: ${pushed.message} [${endpoint.url.href}]\n`)
      return exitCodes.blindSpot
    }
    shown.push({ check, ...evidence, answer: pushed.answer })
    say(session, `pushed ${check}: ${inWords(evidence)}${waitingFor(pushed.answer)}`)
  }
  sayJson(session, { pushed: endpoint !== undefined, evidence: shown, ...details })
  return found.every(({ outcome }) => outcome === 'pass') ? exitCodes.proceed : exitCodes.foundFail
}

/** That it does not count yet, where the exporter says so. */
function waitingFor({ waitsFor }: Readonly<Record<string, unknown>>): string {
  return typeof waitsFor === 'string' ? `; it waits for ${printable(waitsFor, 200)}, which has not begun` : ''
}

/** Says why nothing could be found out; nothing is pushed then, so the check stays what it is. */
export function foundNothing(session: Session, why: string, details: object = {}): ExitCode {
  session.process.stderr.write(`caracal-gate: ${why}; nothing was pushed\n`)
  sayJson(session, { pushed: false, evidence: [], why, ...details })
  return exitCodes.foundNothing
}

/** A line for a person; none where the output is JSON. */
export function say({ output, process }: Session, line: string): void {
  if (output === 'text') process.stdout.write(`${line}\n`)
}

function sayJson({ output, process }: Session, value: object): void {
  if (output === 'json') process.stdout.write(`${printableJson(value)}\n`)
}

function inWords({ outcome, message, digest, issuedAt, validForSeconds }: Evidence): string {
  const until = new Date(Date.parse(issuedAt) + validForSeconds * 1_000).toISOString()
  return `${outcome}, until ${until.slice(0, 19)}Z: ${message}${digest === undefined ? '' : ` [${digest}]`}`
}
