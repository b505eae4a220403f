import type { Values } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { deliver } from './deliver.ts'
import { rolloutFrom, rolloutOption } from './demands.ts'
import { exitCodes, interruptionCode, type ExitCode } from './exit-codes.ts'
import type { Endpoint } from './http.ts'
import { flag, span, textOrJson, UsageError } from './options.ts'
import { systemSurroundings, type CliProcess } from './process.ts'
import { authorFrom, authorOptions } from './telling.ts'
import { printable, printableJson } from './text.ts'

/** What the commands of `caracal-gate evidence` have in common: a pipeline proves what the exporter cannot read. */

export const pushOptions = {
  rollout: {
    ...rolloutOption.rollout,
    says: 'the rollout that it is about; it may begin later (default: any that begins later)',
  },
  validFor: span('1s', '720h', 'how long it counts (default 2h, at most 720h)'),
  ...authorOptions,
  output: textOrJson,
  dryRun: flag('print what would be pushed, and push nothing; needs no exporter and no token'),
  ...connection,
}

/** What the help says of the exit codes. */
export const ending =
  'Exits 0 when it found and pushed pass, 8 when it found and pushed fail, 9 when it could find out nothing and pushed nothing, 5 when it could not reach the exporter or the exporter refused.'

/** What is posted to `/evidence/{check}`. */
interface Evidence {
  readonly outcome: 'pass' | 'fail'
  readonly message: string
  readonly digest?: string
  readonly replicas?: readonly object[]
  readonly rollout?: string
  readonly issuedAt: string
  readonly validForSeconds: number
  readonly actor: string
  readonly reason: string
}

/** What was found out about a check. */
export interface Found {
  readonly check: string
  readonly outcome: 'pass' | 'fail'
  /** For the check and for people; at most 300 characters of it are pushed. */
  readonly message: string
  readonly digest?: string
  /** What was found of each replica, where the check asks for that. */
  readonly replicas?: readonly object[]
  /** When it was found, where that was before the command began. */
  readonly issuedAt?: string
  /** What it is about, where the options do not say so. */
  readonly rollout?: string
}

/** Everything that is known before the work begins: the author, how long it counts, and where it goes. */
export interface Session {
  readonly process: CliProcess
  readonly output: 'text' | 'json'
  /** Absent: nothing is pushed. */
  readonly endpoint?: Endpoint
  readonly signed: Pick<Evidence, 'actor' | 'reason' | 'rollout' | 'issuedAt' | 'validForSeconds'>
}

/**
 * Evidence counts from now on, since the search begins now.
 * @throws UsageError also when there is no token: better before the work than after it
 */
export async function openSession(
  process: CliProcess,
  values: Values<typeof pushOptions>,
  name: string,
): Promise<Session> {
  const { output, dryRun, validFor = 7_200_000 } = values
  const signed = {
    ...authorFrom(values, process.env, `caracal-gate ${name}`, dryRun ? 'unnamed' : undefined),
    ...rolloutFrom(values),
    issuedAt: systemSurroundings.date().toISOString(),
    validForSeconds: Math.max(1, Math.round(validFor / 1_000)),
  }
  if (dryRun) return { process, output, signed }
  const endpoint = await endpointFrom(values, process.env)
  if ((await endpoint.token()) === undefined)
    throw new UsageError('missing a token of scope evidence: give --token-file or CARACAL_GATE_TOKEN')
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
    const { issuedAt = signed.issuedAt } = rest
    const evidence: Evidence = { ...rest, message: printable(rest.message, 300), ...signed, issuedAt }
    if (endpoint === undefined) {
      shown.push({ check, ...evidence })
      say(session, `would push ${check}: ${inWords(evidence)}`)
      continue
    }
    const message = {
      path: `evidence/${encodeURIComponent(check)}`,
      body: evidence,
      scope: 'evidence',
      id: check,
      isAnswer: (answer: Readonly<Record<string, unknown>>) =>
        answer['check'] === check && answer['outcome'] === evidence.outcome,
    } as const
    const pushed = await deliver(endpoint, message, systemSurroundings, process.interrupted)
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
