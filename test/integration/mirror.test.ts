import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { mirrorAt } from '../../src/cli/mirror.ts'
import type { Reading } from '../../src/cli/mirroring.ts'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { freePort } from '../../rig/processes.ts'
import { held, report } from '../unit/cli/reports.ts'
import {
  afterwards,
  always,
  cleanUp,
  exporter,
  fresh,
  listen,
  runHere,
  start,
} from '../support/cli-process.ts'
import { corpus } from '../support/http-corpus.ts'
import {
  closedAmidBody,
  closedAmidChunks,
  closedBeforeHeaders,
  dripping,
  endlessBody,
  gzipBomb,
  hanging,
  hugeHeaders,
  misbehavingServer,
  notHttp,
  resetAmidBody,
  resetBeforeHeaders,
  says,
  type Behaviour,
} from '../support/misbehaving-server.ts'

afterEach(cleanUp)

const asked = ['--rollout', 'caracal/47']

/** What a well exporter answers to this very request. */
const proceed: Behaviour = (socket, request) => {
  const { 'caracal-nonce': nonce = '' } = request.headers
  const date = new Date().toUTCString()
  const body = JSON.stringify(fresh(report(), 'a.1'))
  says({ headers: { 'caracal-nonce': nonce, date }, body })(socket, request)
}

/** What a cache keeps, with the times that it had. */
const repeated: Behaviour = says({
  headers: { date: new Date().toUTCString() },
  body: JSON.stringify(fresh(report(), 'a.1')),
})

const wrong: Readonly<Record<string, Behaviour>> = {
  closedAmidBody,
  closedAmidChunks,
  closedBeforeHeaders,
  dripping,
  endless: endlessBody({ declared: false }),
  bomb: gzipBomb(),
  hanging,
  hugeHeaders,
  notHttp,
  resetAmidBody,
  resetBeforeHeaders,
  html: says({ type: 'text/html', body: '<!doctype html><title>Sign in</title>' }),
  empty: says({ body: '' }),
  'no content': says({ status: 204 }),
  'a redirect': says({ status: 302, headers: { location: 'http://127.0.0.1:9/' } }),
  null: says({ body: 'null' }),
  refused: says({ status: 401, body: '' }),
  'a document of before': repeated,
  ...Object.fromEntries(
    Object.entries(corpus).map(([name, { bytes, ending }]): [string, Behaviour] => [
      name,
      (socket) => {
        socket.write(Buffer.from(bytes, 'latin1'))
        if (ending === 'close') socket.end()
        if (ending === 'reset') socket.resetAndDestroy()
      },
    ]),
  ),
}

/** How long a mirror that was ready stays so, in milliseconds, once its exporter answers like this. */
async function openFor(behaviour: Behaviour): Promise<number> {
  const server = await misbehavingServer(proceed)
  const ending = new AbortController()
  const ready = Promise.withResolvers<number>()
  const closed = Promise.withResolvers<number>()
  const mirror = mirrorAt(
    { url: new URL(`${server.url}/`), token: () => Promise.resolve(undefined) },
    {
      demands: { rollout: 'caracal/47' },
      interrupted: ending.signal,
      changed(reading: Reading) {
        if (reading.ready) ready.resolve(performance.now())
        else if (server.requests.length > 1) closed.resolve(performance.now())
      },
    },
  )
  const running = mirror.run()
  // The kubelet's probe, which sees an expiry that no answer brings.
  const probing = setInterval(() => mirror.reading(), 100)
  const readyAt = await ready.promise
  server.behave(behaviour)
  const closedAt = await closed.promise
  ending.abort()
  clearInterval(probing)
  await running
  await server.close()
  return closedAt - readyAt
}

describe('a mirror and what may answer it', () => {
  it('R180 R181: is closed within seconds by whatever is no proceed, and by silence', async () => {
    const names = Object.keys(wrong)
    const spans = await Promise.all(Object.values(wrong).map((behaviour) => openFor(behaviour)))
    // A document of these tests is good for five seconds, of the exporter for three.
    const late = names.filter((_, at) => (spans[at] ?? Infinity) > 7_500)
    expect(late).toEqual([])
  }, 30_000)
})

/** A mirror as its own process, and what its two paths answer. */
async function mirrored(url: string) {
  const port = await freePort()
  const mirror = start(['mirror', ...asked, '--url', url, '--listen', `127.0.0.1:${port}`])
  await mirror.said('"started"')
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    return [answer.status, (await answer.text()).trim()] as const
  }
  return { mirror, get }
}

describe('caracal-gate mirror', () => {
  it('R180: answers the kubelet in a line, and follows each change', async () => {
    const gate = exporter(report())
    const server = await listen(gate.listener)
    const { url } = server
    const { mirror, get } = await mirrored(url)
    await mirror.said('"ready":true')
    expect(await get('/readyz')).toEqual([200, expect.stringMatching(/^ready: Proceed: /)])
    expect(await get('/livez')).toEqual([200, 'ok'])
    expect(await get('/')).toEqual([404, 'allowed: /readyz, /livez'])
    gate.change(held())
    await mirror.said('"reason":"hold"')
    expect(await get('/readyz')).toEqual([503, expect.stringMatching(/^not ready: Hold: /)])
    gate.change(report())
    await expect.poll(() => get('/readyz'), { timeout: 5_000 }).toContain(200)
    await server.close()
    await expect.poll(() => get('/readyz'), { timeout: 10_000 }).toContain(503)
    expect(await get('/livez')).toEqual([200, 'ok'])
    mirror.send('SIGTERM')
    const { code, stdout } = await mirror.ended
    expect(code).toBe(0)
    const lines = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as object]))
    expect(lines[0]).toMatchObject({ msg: 'started', rollout: 'caracal/47', url: `${url}/` })
    expect(lines.at(-1)).toMatchObject({ msg: 'not ready', reason: 'stopping' })
    expect(gate.requests.every((request) => request === '/gates?rollout=caracal%2F47')).toBe(true)
  }, 30_000)

  it('R261: takes the authority and the token that their files have now', async () => {
    const [before, after] = [certificateAuthority('before'), certificateAuthority('after')]
    const { listener } = exporter(report())
    const server = createServer(after.issue('localhost'), (request, response) => {
      const { authorization, 'caracal-nonce': nonce = '' } = request.headers
      response.setHeader('caracal-nonce', nonce)
      if (authorization === 'Bearer after') listener(request, response)
      else always(401, '')(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    afterwards(async () => server.close())
    const folder = await mkdtemp(join(tmpdir(), 'gate-mirror-'))
    afterwards(() => rm(folder, { recursive: true }))
    const [ca, token] = [join(folder, 'ca.crt'), join(folder, 'token')]
    await writeFile(ca, before.ca)
    await writeFile(token, 'before')
    const url = `https://localhost:${(server.address() as AddressInfo).port}`
    const files = ['--ca-file', ca, '--token-file', token]
    const mirror = start(['mirror', ...asked, '--url', url, '--listen', '127.0.0.1:0', ...files])
    await mirror.said('TLS failed: the server ')
    await writeFile(ca, after.ca)
    await mirror.said('401')
    await writeFile(token, 'after')
    await mirror.said('"ready":true')
  })

  it('R182: is not ready from the signal on', async () => {
    const { url } = await listen(exporter(report()).listener)
    const { mirror } = await mirrored(url)
    await mirror.said('"ready":true')
    mirror.send('SIGTERM')
    const { code, stdout } = await mirror.ended
    expect(code).toBe(0)
    expect(stdout.trim().split('\n').at(-1)).toContain('"reason":"stopping"')
  })

  it('says what is wrong with a call', async () => {
    expect(await runHere(['mirror'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('missing --rollout ID') as string,
    })
    expect(await runHere(['mirror', ...asked, '--listen', '9466'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--listen is "9466"; allowed: HOST:PORT or :PORT') as string,
    })
    const { port } = await listen(exporter(report()).listener)
    expect(await runHere(['mirror', ...asked, '--listen', `127.0.0.1:${port}`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`cannot listen on --listen 127.0.0.1:${port} (EADDRINUSE)`) as string,
    })
  })
})
