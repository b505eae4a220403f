import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { afterwards, always, cleanUp, listen, run, start } from '../support/cli-process.ts'

afterEach(cleanUp)

const well = { status: 'ok', message: 'the daemon is alive' }

function answering(
  paths: Readonly<Record<string, readonly [status: number, body: unknown]>>,
): RequestListener {
  return ({ url = '' }, response) => {
    const [status, body] = paths[url] ?? [404, 'not found']
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

describe('caracal-gate healthcheck', () => {
  it('exits with 0 when the exporter answers, and asks whether it judges only with --ready', async () => {
    const unready = { status: 'unavailable', message: 'nothing has been evaluated yet' }
    const { url } = await listen(answering({ '/healthz': [200, well], '/readyz': [503, unready] }))
    expect(await run(['healthcheck', '--url', url])).toEqual({ code: 0, stdout: 'ok\n', stderr: '' })
    expect(await run(['healthcheck', '--ready'], { CARACAL_GATE_URL: url })).toEqual({
      code: 5,
      stdout: '',
      stderr: `not healthy: status 503: nothing has been evaluated yet [${url}/readyz]\n`,
    })
  })

  it.each([
    ['a page', '<html>ok</html>'],
    ['another word', { status: 'unavailable' }],
    ['JSON that is no object', 'null'],
  ])('does not take %s for an answer of the exporter', async (_, body) => {
    const { url } = await listen(answering({ '/healthz': [200, body] }))
    expect(await run(['healthcheck', '--url', url])).toMatchObject({ code: 5, stdout: '' })
  })

  it('X94: says what answers in place of the exporter', async () => {
    const said = async (listener: RequestListener) => {
      const { url } = await listen(listener)
      const { code, stderr } = await run(['healthcheck', '--url', url])
      return [code, stderr.replace(/ \[http.*/s, '')]
    }
    expect(await said(always(200, '<title>Sign in</title>', { server: 'nginx' }))).toEqual([
      5,
      "not healthy: the answer is a web page: something else than the exporter answers there: it answered 200 (server: nginx; page: Sign in); is --url the exporter's address?",
    ])
    expect(await said(always(401, '', { 'www-authenticate': 'Basic realm="ops"' }))).toEqual([
      5,
      `not healthy: something in front of the exporter wants a login: it answered 401 (WWW-Authenticate: Basic realm="ops"); give the exporter's own address with --url`,
    ])
  })

  it('X94: does not take the health of another service for that of the exporter', async () => {
    const other = createServer(always(200, JSON.stringify({ status: 'ok' })))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    afterwards(async () => void other.close())
    const { port } = other.address() as AddressInfo
    const { code, stderr } = await run(['healthcheck', '--url', `http://127.0.0.1:${port}`])
    expect([code, stderr]).toEqual([5, expect.stringContaining('something else than the exporter answers')])
  })

  it('exits with 5 when nothing listens', async () => {
    const gone = await listen(answering({}))
    await gone.close()
    const { code, stderr } = await run(['healthcheck', '--url', gone.url])
    expect([code, stderr]).toEqual([5, expect.stringContaining('refused the connection')])
  })

  it('asks again within --timeout until it is well', async () => {
    const unready = { status: 'unavailable', message: 'nothing has been evaluated yet' }
    let asked = 0
    const { url } = await listen((request, response) => {
      asked += 1
      answering({ '/readyz': asked < 3 ? [503, unready] : [200, well] })(request, response)
    })
    expect(await run(['healthcheck', '--ready', '--timeout', '30s', '--url', url])).toMatchObject({ code: 0 })
    expect(asked).toBe(3)
  })

  it('ends at once when it is told to', async () => {
    let asked = () => {}
    const first = new Promise<void>((resolve) => (asked = resolve))
    const { url } = await listen((request, response) => {
      asked()
      answering({})(request, response)
    })
    const running = start(['healthcheck', '--timeout', '1h', '--url', url])
    await first
    running.send('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 143 })
  })

  it('takes no other option, and no time that is none', async () => {
    expect(await run(['healthcheck', '--gate', 'readiness'])).toMatchObject({ code: 2 })
    expect(await run(['healthcheck', '--timeout', 'soon'])).toMatchObject({ code: 2 })
  })
})
