import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { answerWith, problem } from '../support/cli-answers.ts'
import {
  afterwards,
  always,
  cleanUp,
  exporter,
  fresh,
  listen,
  root,
  run,
  runHere,
  start,
} from '../support/cli-process.ts'
import { held, report, stopped } from '../unit/cli/reports.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caracal-gate-cli-'))
})

afterEach(async () => {
  await cleanUp()
  await rm(folder, { recursive: true })
})

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
    expect(none.stderr).toContain('did you mean readiness?')
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
    ['401', answerWith(401, problem('unauthorized', 'no token')), '--token-file'],
    ['403', answerWith(403, problem('forbidden', 'scope')), 'scope'],
    ['404', always(404, 'nope'), 'answered 404'],
    [
      '503',
      answerWith(503, problem('not-evaluated', 'The first round of looks has not been judged yet.')),
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

  it.each([
    ['http://127.0.0.1:1', 'kubectl -n caracal port-forward service/caracal-gate 1:9465'],
    ['http://[::1]:1', 'kubectl -n caracal port-forward service/caracal-gate 1:9465'],
    ['http://no.such.name.invalid:9465', 'check the address in --url or CARACAL_GATE_URL'],
  ])('says what to check when nothing answers at %s', async (url, hint) => {
    const { code, stderr } = await runHere(['status', '--url', url])
    expect([code, stderr]).toEqual([5, expect.stringContaining(hint)])
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
    afterwards(() => {
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
      // The core imports nothing from outside, and wire.ts is the part of the contract without a schema library.
      const allowed =
        /^(src\/main\.ts|src\/cli\/[\w-]+\.ts|src\/core\/[\w-]+\.ts|src\/contract\/wire\.ts|node_modules\/commander\/.+|node:(child_process|events|fs|http|module|path|process|timers|util))$/
      expect(loaded.filter((name) => !allowed.test(name))).toEqual([])
    }
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
    [['stauts'], 'did you mean status?'],
    [['status', '--ulr', 'x'], 'did you mean --url?'],
    [['serve', '--conifg', 'x'], 'did you mean --config?'],
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
