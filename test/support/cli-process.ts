import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { commands } from '../../src/cli/commands.ts'
import { run as runCommand } from '../../src/cli/run.ts'
import type { GateReport } from '../../src/contract/document.ts'

export const root = resolve(import.meta.dirname, '../..')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Resolves when this has been printed on stdout or stderr. */
  said(text: string): Promise<void>
  send(signal: NodeJS.Signals): void
  /** Writes to its stdin. */
  type(text: string): void
}

const undo: (() => Promise<unknown>)[] = []

/** Ends every process and closes every server that a test has started; call it after each test. */
export async function cleanUp(): Promise<void> {
  for (const one of undo.splice(0).toReversed()) await one()
}

/** Has this done by the next clean-up, last come first. */
export function afterwards(one: () => Promise<unknown>): void {
  undo.push(one)
}

/** Runs the program as its own process, with nothing of our environment but what is given. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node: readonly string[] = [],
): Running {
  return startProgram(process.execPath, [...node, 'src/main.ts', ...args], env)
}

/** Runs any program as its own process, in our folder, with nothing of our environment but what is given. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Running {
  const child = spawn(program, args, { cwd: root, env })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text))
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...said })))
  undo.push(() => {
    child.kill('SIGKILL')
    return ended
  })
  return {
    pid: child.pid ?? 0,
    ended,
    send: (signal) => void child.kill(signal),
    type: (text) => void child.stdin.write(text),
    async said(text) {
      while (!said.stdout.includes(text) && !said.stderr.includes(text)) {
        if (child.exitCode !== null)
          throw new Error(`ended without saying ${text}: ${said.stdout}${said.stderr}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
  }
}

/** Runs the program on a terminal of 80 columns and 24 rows: \u0003 typed there is Ctrl-C. */
export function startOnTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const quoted = [process.execPath, 'src/main.ts', ...args].map((word) => `'${word}'`).join(' ')
  return startProgram('script', ['-qefc', `stty cols 80 rows 24; exec ${quoted}`, '/dev/null'], {
    PATH: process.env['PATH'] ?? '',
    TERM: 'xterm',
    SHELL: '/bin/sh',
    ...env,
  })
}

export function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return start(args, env).ended
}

/** Runs a command of the command line in this process, against whatever listens: real requests, without a start. */
export async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const said = { stdout: '', stderr: '' }
  const into = (stream: 'stdout' | 'stderr') => ({ write: (text: string) => (said[stream] += text) })
  const code = await runCommand(
    {
      argv: args,
      env,
      stdout: into('stdout'),
      stderr: into('stderr'),
      interrupted: new AbortController().signal,
      version: () => Promise.resolve('0'),
    },
    commands,
  )
  return { code, ...said }
}

export interface Listening {
  readonly url: string
  readonly port: number
  /** Drops every connection and stops listening. */
  close(): Promise<unknown>
}

/** As the daemon does, so that the program takes an answer for the one to its request. */
function echoNonce({ headers }: IncomingMessage, response: ServerResponse): void {
  const nonce = headers['caracal-nonce']
  if (nonce !== undefined) response.setHeader('caracal-nonce', nonce)
}

export async function listen(listener: RequestListener, port = 0): Promise<Listening> {
  const server = createServer((request, response) => {
    echoNonce(request, response)
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  undo.push(close)
  const { port: taken } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${taken}`, port: taken, close }
}

/** The document as one that was evaluated now. */
export function fresh(document: GateReport, index: string): GateReport {
  const now = Date.now()
  return {
    ...document,
    index,
    evaluatedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + 5_000).toISOString(),
  }
}

/** A server that answers as the daemon does: at once, or when the document is another than the client has. */
export function exporter(first: GateReport, epoch = 'a') {
  let document = first
  let revision = 1
  const requests: string[] = []
  const held = new Set<() => void>()
  const listener: RequestListener = (request, response) => {
    echoNonce(request, response)
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    requests.push(request.url ?? '')
    const answer = (): void => {
      held.delete(answer)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(fresh(document, `${epoch}.${revision}`)))
    }
    const wait = Number.parseInt(searchParams.get('wait') ?? '0', 10)
    if (wait === 0 || searchParams.get('index') !== `${epoch}.${revision}`) return answer()
    held.add(answer)
    setTimeout(() => held.has(answer) && answer(), wait).unref()
  }
  return {
    listener,
    requests,
    get waiting() {
      return held.size
    },
    change(next: GateReport) {
      document = next
      revision++
      for (const answer of held) answer()
    },
  }
}

export function always(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): RequestListener {
  return (_, response) => void response.writeHead(status, headers).end(body)
}
