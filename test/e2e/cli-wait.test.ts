import { afterEach, describe, expect, it } from 'vitest'
import { always, cleanUp, exporter, listen, run, start } from '../support/cli-process.ts'
import { held, report, stopped } from '../unit/cli/reports.ts'
import { until } from '../support/waiting.ts'

afterEach(cleanUp)

describe('caracal-gate wait', () => {
  it('prints what changes and ends on proceed', async () => {
    const server = exporter(held())
    const { url } = await listen(server.listener)
    const waiting = start(['wait', '--url', url])
    await until(() => server.waiting === 1)
    server.change(report())
    const { code, stdout, stderr } = await waiting.ended
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\dZ |after \d+ m?s/g, ''))).toEqual([
      'Hold: 1 of 2 replicas is not ready',
      'rollout caracal/47 is rolling',
      'readiness/sts-ready is fail: 1 of 2 replicas is not ready',
      'hold -> proceed: Proceed: all 2 required gates pass and no stop condition stands',
      'readiness/sts-ready fail -> pass',
      `may proceed ; next: caracal-gate finish caracal/47 --outcome done --url ${url} --token-file FILE`,
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
    expect(stderr.match(/refused the connection/g)?.length ?? 0).toBeLessThanOrEqual(1)
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
    // Not the digits of a port.
    expect(stderr.match(/\b503\b/g)?.length).toBe(1)
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

  it.each([
    ['junit', /^<\?xml[^]*failures="2"[^]*outbox-dead-messages/],
    ['markdown', /^\*\*STOP\*\* /],
  ])('ends with the last answer as %s on stdout, and the changes on stderr', async (form, shape) => {
    const { url } = await listen(exporter(stopped()).listener)
    const { code, stdout, stderr } = await run(['wait', '--url', url, '-o', form])
    expect(code).toBe(4)
    expect(stdout).toMatch(shape)
    expect(stderr).toContain('outbox-dead-messages is firing')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('leaves no green report behind when %s ends it', async (signal) => {
    const server = exporter(report())
    const { url } = await listen(server.listener)
    const waiting = start(['wait', '--url', url, '--until', 'stop', '-o', 'junit'])
    await until(() => server.waiting === 1)
    waiting.send(signal)
    const { code, stdout } = await waiting.ended
    expect(code).toBe(signal === 'SIGTERM' ? 143 : 130)
    expect(stdout).toContain('errors="1"')
    expect(stdout).toContain('the wait was interrupted')
  })

  it('writes a report with an error when nobody answers', async () => {
    const { code, stdout } = await run([
      'wait',
      '--url',
      'http://127.0.0.1:1',
      '--timeout',
      '2s',
      '-o',
      'junit',
    ])
    expect(code).toBe(5)
    expect(stdout).toMatch(/<error message="the server refused the connection/)
  })

  it('says nothing twice and asks no faster behind an address of two replicas, whose indexes differ', async () => {
    const replicas = [exporter(held(), 'a'), exporter(held(), 'b')]
    let turn = 0
    const { url } = await listen((request, response) => replicas[turn++ % 2]?.listener(request, response))
    const begun = performance.now()
    const { code, stdout } = await run(['wait', '--url', url, '--timeout', '5s'])
    const seconds = (performance.now() - begun) / 1_000
    expect(code).toBe(6)
    expect(stdout.match(/Hold: 1 of 2 replicas is not ready/g)?.length).toBe(1)
    expect(stdout.match(/sts-ready/g)?.length).toBe(1)
    const asked = replicas.flatMap(({ requests }) => requests).length
    expect(asked).toBeGreaterThan(1)
    expect(asked).toBeLessThanOrEqual(seconds + 4)
  })
})
