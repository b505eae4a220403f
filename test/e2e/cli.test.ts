import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/publish/contract.ts'
import { certificateAuthority } from '../support/certificate-authority.ts'
import { held, report, stopped } from '../unit/cli/reports.ts'

const root = resolve(import.meta.dirname, '../..')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Running {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Resolves when this has been printed on stdout or stderr. */
  said(text: string): Promise<void>
  send(signal: NodeJS.Signals): void
}

const undo: (() => Promise<unknown>)[] = []
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caracal-gate-cli-'))
})

afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one()
  await rm(folder, { recursive: true })
})

/** Runs the program as its own process, with nothing of our environment but what is given. */
function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node: readonly string[] = [],
): Running {
  const child = spawn(process.execPath, [...node, 'src/main.ts', ...args], { cwd: root, env })
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
    async said(text) {
      while (!said.stdout.includes(text) && !said.stderr.includes(text)) {
        if (child.exitCode !== null)
          throw new Error(`ended without saying ${text}: ${said.stdout}${said.stderr}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
  }
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return start(args, env).ended
}

interface Listening {
  readonly url: string
  readonly port: number
  /** Drops every connection and stops listening. */
  close(): Promise<unknown>
}

async function listen(listener: RequestListener, port = 0): Promise<Listening> {
  const server = createServer(listener)
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
function fresh(document: GateReport, index: string): GateReport {
  const now = Date.now()
  return {
    ...document,
    index,
    evaluatedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + 5_000).toISOString(),
  }
}

/** A server that answers as the daemon does: at once, or when the document is another than the client has. */
function exporter(first: GateReport, epoch = 'a') {
  let document = first
  let revision = 1
  const requests: string[] = []
  const held = new Set<() => void>()
  const listener: RequestListener = (request, response) => {
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
      for (const answer of [...held]) answer()
    },
  }
}

/** Waits until a condition of this process holds; the test's own time limit ends it otherwise. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}

function always(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): RequestListener {
  return (_: IncomingMessage, response: ServerResponse) => void response.writeHead(status, headers).end(body)
}

describe('caracal-gate status', () => {
  it.each([
    ['proceed', 0, report()],
    ['hold', 3, held()],
    ['stop', 4, stopped()],
  ])('shows %s and exits with %i', async (verdict, code, document) => {
    const { url } = await listen(exporter(document).listener)
    const ended = await run(['status', '--url', url])
    expect([ended.code, ended.stderr]).toEqual([code, ''])
    expect(ended.stdout).toMatch(new RegExp(`^${verdict.toUpperCase()}  `))
    expect(ended.stdout).not.toContain('\u001b')
  })

  it('prints the whole document as JSON, or with one gate only', async () => {
    const { url } = await listen(exporter(held()).listener)
    const whole = await run(['status', '-o', 'json'], { CARACAL_GATE_URL: url })
    expect(JSON.parse(whole.stdout)).toMatchObject({
      kind: 'GateReport',
      verdict: 'hold',
      gates: held().gates,
    })
    const one = await run(['status', '-o', 'json', '--gate', 'event-health', '--url', url])
    expect([one.code, (JSON.parse(one.stdout) as GateReport).gates.map(({ id }) => id)]).toEqual([
      3,
      ['event-health'],
    ])
    const none = await run(['status', '--gate', 'readines', '--url', url])
    expect([none.code, none.stdout]).toEqual([2, ''])
    expect(none.stderr).toContain('Did you mean readiness?')
  })

  it('hands its demands on and exits with 7 when another rollout is the current one', async () => {
    const server = exporter(report())
    const { url } = await listen(server.listener)
    expect(
      (await run(['status', '--url', url, '--rollout', 'caracal/46', '--steady', '1m', '--max-age', '15s']))
        .code,
    ).toBe(7)
    expect(server.requests).toEqual(['/gates?rollout=caracal%2F46&steady=60000ms&maxAge=15000ms'])
  })

  it('believes a server whose clock is a year off, because it compares each clock with itself', async () => {
    const { url } = await listen(
      always(200, JSON.stringify(report()), { date: new Date(report().evaluatedAt).toUTCString() }),
    )
    expect((await run(['status', '--url', url])).code).toBe(0)
  })

  it('law 9: cannot tell from a document that has expired', async () => {
    const old = fresh(report(), 'a.1')
    const expired = {
      ...old,
      evaluatedAt: new Date(Date.now() - 60_000).toISOString(),
      expiresAt: new Date(Date.now() - 57_000).toISOString(),
    }
    const { url } = await listen(always(200, JSON.stringify(expired)))
    const ended = await run(['status', '--url', url])
    expect([ended.code, ended.stdout]).toEqual([5, ''])
    expect(ended.stderr).toMatch(/^cannot tell: the evaluation is \d+ s old, and it was good for 3 s/)
  })

  it.each([
    [
      'a proxy’s page',
      always(200, '<!DOCTYPE html><h1>Sign in</h1>', { 'content-type': 'text/html' }),
      'web page',
    ],
    ['a redirect', always(302, '', { location: 'http://127.0.0.1:1/login' }), 'redirects elsewhere'],
    ['401', always(401, ''), '--token-file'],
    ['403', always(403, '{"detail":"scope"}'), 'scope'],
    ['404', always(404, 'nope'), 'answered 404'],
    [
      '503',
      always(503, '{"detail":"The first round of looks has not been judged yet."}'),
      'not been judged yet',
    ],
    [
      'another version',
      always(200, JSON.stringify({ ...report(), apiVersion: 'gates.caracal.run/v2' })),
      'speaks gates.caracal.run/v2',
    ],
    ['5 MiB', always(200, ' '.repeat(5 * 2 ** 20)), 'larger than 4 MiB'],
    [
      'half an answer',
      (_: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(200, { 'content-length': 900 }).write('{', () => response.destroy()),
      'cannot tell',
    ],
    ['a reset', (request: IncomingMessage) => void request.socket.destroy(), 'reset'],
  ] as const)('cannot tell from %s', async (_, listener, words) => {
    const { url } = await listen(listener)
    const ended = await run(['status', '--url', url])
    expect([ended.code, ended.stdout]).toEqual([5, ''])
    expect(ended.stderr).toContain(words)
    expect(ended.stderr.trim().split('\n').length).toBe(1)
  })

  it('cannot tell from a server that hangs, within ten seconds', async () => {
    const { url } = await listen(() => undefined)
    const ended = await run(['status', '--url', url])
    expect([ended.code, ended.stderr]).toEqual([5, `cannot tell: no whole answer within 10.0 s [${url}/]\n`])
  })

  it('sends the token of its file or environment, and shows it to nobody', async () => {
    const seen: (string | undefined)[] = []
    const { url } = await listen((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(401).end()
    })
    const file = join(folder, 'token')
    await writeFile(file, 'from-file\n')
    const ended = [
      await run(['status', '--url', url, '--token-file', file]),
      await run(['status', '--url', url], { CARACAL_GATE_TOKEN: 'from-env' }),
    ]
    expect(seen).toEqual(['Bearer from-file', 'Bearer from-env'])
    for (const { stdout, stderr } of ended) expect(stdout + stderr).not.toMatch(/from-/)
    expect((await run(['status', '--url', url, '--token-file', join(folder, 'none')])).code).toBe(2)
  })

  it('trusts a certificate only with its authority', async () => {
    const authority = certificateAuthority()
    const server = createTlsServer({ ...authority.issue('localhost') }, exporter(report()).listener)
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    undo.push(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    const url = `https://localhost:${(server.address() as AddressInfo).port}`
    const file = join(folder, 'ca.pem')
    await writeFile(file, authority.ca)
    const untrusting = await run(['status', '--url', url])
    expect(untrusting.code).toBe(5)
    expect(untrusting.stderr).toContain('--ca-file')
    expect((await run(['status', '--url', url, '--ca-file', file])).code).toBe(0)
  })

  it('loads nothing of the daemon', async () => {
    const { url } = await listen(exporter(report()).listener)
    const hook = `import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) })
      process.on('exit', () => process.stderr.write(seen.join('\\n')))`
    const spy = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
    for (const command of ['status', 'wait']) {
      const { code, stderr } = await start([command, '--url', url], {}, spy).ended
      expect(code).toBe(0)
      const loaded = stderr.split('\n').map((name) => name.replace(`file://${root}/`, ''))
      expect(loaded).toContain(`src/cli/${command}.ts`)
      const allowed =
        /^(src\/main\.ts|src\/cli\/[\w-]+\.ts|src\/publish\/(contract|states)\.ts|node:(fs|http|timers|util))$/
      expect(loaded.filter((name) => !allowed.test(name))).toEqual([])
    }
  })
})

describe('caracal-gate wait', () => {
  it('prints what changes and ends on proceed', async () => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const waiting = start(['wait', '--url', url])
    await until(() => server.waiting === 1)
    server.change(report())
    const { code, stdout, stderr } = await waiting.ended
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\dZ /, ''))).toEqual([
      'Hold: 1 of 2 replicas is not ready',
      'rollout caracal/47 is rolling',
      'readiness/sts-ready is fail: 1 of 2 replicas is not ready',
      'hold -> proceed: Proceed: all 2 required gates pass and no stop condition stands',
      'readiness/sts-ready fail -> pass',
      '',
    ])
  })

  it('ends with 4 at a stop, with the document on stdout when JSON is asked for', async () => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const waiting = start(['wait', '--url', url, '-o', 'json'])
    await until(() => server.waiting === 1)
    server.change(stopped())
    const { code, stdout, stderr } = await waiting.ended
    expect(code).toBe(4)
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'GateReport', verdict: 'stop' })
    expect(stderr).toContain('outbox-dead-messages clear -> firing, latched')
  })

  it('goes on over a restart of the exporter, whose index begins anew', async () => {
    const before = exporter(held(), 'a')
    const first = await listen(before.listener)
    const waiting = start(['wait', '--url', first.url])
    await until(() => before.waiting === 1)
    await first.close()
    await waiting.said('cannot tell')
    const after = exporter(held(), 'b')
    await listen(after.listener, first.port)
    await until(() => after.waiting === 1)
    after.change(report())
    const { code, stderr } = await waiting.ended
    expect(code).toBe(0)
    expect(stderr).toContain('the exporter answers again')
    expect(stderr.match(/connection refused/g)?.length ?? 0).toBeLessThanOrEqual(1)
  })

  it('goes on over 503, and tells of it once', async () => {
    const server = exporter(report())
    let refusals = 3
    const { url } = await listen((request, response) => {
      if (refusals-- > 0) return void response.writeHead(503).end()
      server.listener(request, response)
    })
    const { code, stderr } = await run(['wait', '--url', url])
    expect(code).toBe(0)
    expect(stderr.match(/503/g)?.length).toBe(1)
  })

  it('times out with 6 on hold, with 5 when nobody answers, with 7 for another rollout', async () => {
    const server = await listen(exporter(held()).listener)
    const holding = await run(['wait', '--url', server.url, '--timeout', '3s'])
    expect(holding.code).toBe(6)
    expect(holding.stderr).toMatch(/timed out after [23] s/)
    expect((await run(['wait', '--url', server.url, '--rollout', 'caracal/48'])).code).toBe(7)
    await server.close()
    const alone = await run(['wait', '--url', server.url, '--timeout', '3s'])
    expect([alone.code, alone.stdout]).toEqual([5, ''])
  })

  it('does not wait for a sign-in page to turn into an exporter', async () => {
    const { url } = await listen(always(200, '<html>'))
    const { code, stderr } = await run(['wait', '--url', url])
    expect(code).toBe(5)
    expect(stderr).toContain('web page')
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends on %s with %i', async (signal, code) => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const waiting = start(['wait', '--url', url])
    await until(() => server.waiting === 1)
    waiting.send(signal)
    expect((await waiting.ended).code).toBe(code)
  })
})

describe('caracal-gate', () => {
  it('says its version and its help on stdout', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: 'caracal-gate 0.1.0\n', stderr: '' })
    for (const args of [
      ['help'],
      ['help', 'wait'],
      ['wait', '--help'],
      ['serve', '-h'],
      ['check-config', '--help'],
    ]) {
      const { code, stdout, stderr } = await run(args)
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain('Usage: caracal-gate')
    }
  })

  it.each([
    [[], 'Usage:'],
    [['stauts'], 'Did you mean status?'],
    [['status', '--ulr', 'x'], 'Did you mean --url?'],
    [['serve', '--conifg', 'x'], 'Did you mean --config?'],
    [['wait', '--timeout', 'soon'], 'such as 90s, 5m or 1h30m'],
  ])('exits with 2 and a hint when it is called with %j', async (args, hint) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(hint)
  })

  it('check-config tells every fault and exits with 2', async () => {
    const { code, stdout, stderr } = await run(['check-config'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/postgres\.url is missing(.|\n)*redis\.url is missing/)
  })
})
