import { Agent, request } from 'undici'
import type { GateReport } from '../src/contract/document.ts'
import { contradictions } from '../test/support/consistent-document.ts'
import { now, type Command, type Excerpt, type Reading } from './recording.ts'
import type { Scene } from './scene.ts'

/** Each client has an address of its own, since writes and looks are rationed by it. */
const agents = new Map<string, Agent>()

function agentAt(localAddress: string): Agent {
  const known = agents.get(localAddress)
  if (known !== undefined) return known
  const agent = new Agent({
    connect: { localAddress },
    pipelining: 1,
    connections: 8,
    // Connections that the harness keeps are not the daemon's to give back.
    keepAliveTimeout: 1_000,
    keepAliveMaxTimeout: 1_000,
  })
  agents.set(localAddress, agent)
  return agent
}

export async function closeAgents(): Promise<void> {
  await Promise.all([...agents.values()].map((agent) => agent.destroy()))
  agents.clear()
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly date: string
}

/** Undefined when no whole answer came in time. */
export async function ask(url: string, within: number, from = '127.0.0.9'): Promise<Answer | undefined> {
  return send(url, { method: 'GET' }, within, from)
}

interface Sent {
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

async function send(url: string, sent: Sent, within: number, from: string): Promise<Answer | undefined> {
  try {
    const { statusCode, headers, body } = await request(url, {
      ...sent,
      dispatcher: agentAt(from),
      signal: AbortSignal.timeout(within),
    })
    const text = await body.text()
    return { status: statusCode, text, date: String(headers['date'] ?? '') }
  } catch {
    return undefined
  }
}

let writes = 0

/** What is sent as a command; every ten come from another address. */
export async function post(
  url: string,
  token: string,
  body: string,
  within = 10_000,
): Promise<Answer | undefined> {
  writes += 1
  const from = `127.0.1.${1 + (Math.floor(writes / 10) % 250)}`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return send(url, { method: 'POST', headers, body }, within, from)
}

const author = { actor: 'chaos', reason: 'to see what happens' }

const paths = {
  begin: () => '/rollouts',
  finish: (subject: string) => `/rollouts/${encodeURIComponent(subject)}/finish`,
  evidence: (subject: string) => `/evidence/${subject}`,
  acknowledge: () => '/acknowledgements',
  override: () => '/overrides',
  'override-end': (subject: string) => `/overrides/${encodeURIComponent(subject)}/end`,
} satisfies Record<Command['name'], (subject: string) => string>

/** Gives a command as a person or a pipeline would, and records how it was answered. */
export async function tell(
  { daemon, token, recording }: Pick<Scene, 'daemon' | 'token' | 'recording'>,
  name: Command['name'],
  subject: string,
  body: Readonly<Record<string, unknown>>,
  latchedAt: string | null = null,
): Promise<Command> {
  const asked = now()
  const answer = await post(
    `${daemon.url}${paths[name](subject)}`,
    token,
    JSON.stringify({ ...body, ...author }),
  )
  const { outcome, forSeconds, latched } = body
  const command: Command = {
    name,
    asked,
    got: now(),
    status: answer?.status ?? 0,
    subject,
    ...(typeof outcome === 'string' && { outcome }),
    ...(typeof forSeconds === 'number' && { forSeconds }),
    ...(typeof latched === 'boolean' && { latched }),
    latchedAt,
    answer: answer?.text.slice(0, 300) ?? 'no answer',
  }
  recording.commands.push(command)
  return command
}

/** A second of the server's clock, which `Date` is given in, as the command line allows for it. */
const clockGrain = 2_000

/** Whether a client may rely on a document: by the server's own clock and the time that the answer took. */
function isFresh(report: Pick<GateReport, 'evaluatedAt' | 'expiresAt'>, date: string, took: number): boolean {
  const [sent, evaluated, expires] = [date, report.evaluatedAt, report.expiresAt].map((text) =>
    Date.parse(text),
  )
  if (sent === undefined || evaluated === undefined || expires === undefined) return false
  if (!(sent >= evaluated - clockGrain)) return false
  return Math.max(0, sent - evaluated) + took <= expires - evaluated
}

/** Asks for the document and keeps what the invariants need of it; undefined when none came. */
export async function read(url: string, within = 5_000): Promise<Reading | undefined> {
  const asked = now()
  const answer = await ask(`${url}/gates`, within)
  const got = now()
  if (answer?.status !== 200) return undefined
  const report = JSON.parse(answer.text) as GateReport
  return {
    by: 'http',
    asked,
    got,
    fresh: isFresh(report, answer.date, got - asked),
    verdict: report.verdict,
    document: excerptOf(report),
    contradictions: contradictions(report),
  }
}

function excerptOf(report: GateReport): Excerpt {
  const { verdict, summary, index, evaluatedAt, expiresAt, rollout, evaluator } = report
  return {
    verdict,
    summary,
    index,
    cadence: evaluator.cadence,
    evaluatedAt,
    expiresAt,
    rollout: { id: rollout.id, phase: rollout.phase },
    stateOk: evaluator.stateStore.ok,
    stops: Object.fromEntries(
      report.stopConditions.map(({ id, state, latchedAt, acknowledged, message }) => [
        id,
        { state, latchedAt, acknowledged, message },
      ]),
    ),
    checks: Object.fromEntries(
      report.gates.flatMap(({ checks }) => checks.map(({ id, state }) => [id, state])),
    ),
    overridden: report.notEnforced.flatMap(({ ref, mode }) =>
      mode === 'overridden' ? ref.slice(ref.lastIndexOf('/') + 1) : [],
    ),
    blocking: report.blocking.map(({ ref, state, message }) => `${ref} ${state}: ${message}`),
  }
}
