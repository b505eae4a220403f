import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificateAuthority, type Authority } from '../../rig/certificate-authority.ts'
import { openStore, selects, type WatchEvent } from './fake-kubernetes-store.ts'
import { refused, send, shaped, understood, writePieces } from './fake-kubernetes-wire.ts'
import type { Answer, ApiRequest } from './fake-kubernetes-wire.ts'

/** An answer in the place of the right one; undefined: the right one. */
export type Misbehaviour = (request: ApiRequest) => Answer | undefined

interface Stream {
  readonly request: ApiRequest
  readonly response: ServerResponse
}

export type FakeKubernetes = Awaited<ReturnType<typeof fakeKubernetes>>

/**
 * An API server for what a real one does not do when asked: it lists in pages, replays and follows changes, and goes
 * wrong in every way by which real ones do, at the moment that a test wants.
 */
export async function fakeKubernetes() {
  const authority = certificateAuthority('fake')
  const folder = await mkdtemp(join(tmpdir(), 'fake-kubernetes-'))
  const sockets = new Set<Socket>()
  const streams = new Set<Stream>()
  const requests: ApiRequest[] = []
  const store = openStore((resource, event) => broadcast(resource, event))
  const token = 'first-token'
  const mood: Mood = { accepted: new Set([token]), held: [] }
  const server = createServer(identityOf(authority), (request, response) => {
    if (mood.hangs === true) mood.held.push(() => answer(request, response))
    else answer(request, response)
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `https://127.0.0.1:${port}`

  function answer(incoming: IncomingMessage, response: ServerResponse): void {
    const request = understood(incoming)
    requests.push(request)
    const bearer = incoming.headers.authorization?.replace(/^Bearer /, '') ?? ''
    const wrong = mood.accepted.has(bearer) ? mood.misbehaviour?.(request) : refused(401, 'Unauthorized')
    if (wrong !== undefined) return send(response, wrong)
    switch (request.verb) {
      case 'list':
      case 'confirm':
        return send(response, listOf(request))
      case 'watch':
        return follow(request, response)
      case 'get':
      case 'other':
        return send(response, objectOf(request))
    }
  }

  function listOf(request: ApiRequest): Answer {
    const { resource, query } = request
    const [from, at] = (query.get('continue') ?? `0/${store.version()}`).split('/').map(Number) as [
      number,
      number,
    ]
    if (at < store.compactedAt()) return refused(410, 'The provided continue parameter is too old')
    const all = store.all(resource).filter((object) => selects(object, query))
    const limit = Number(query.get('limit') ?? 0) || all.length
    const next = from + limit < all.length ? `${from + limit}/${at}` : undefined
    const items = all.slice(from, from + limit).map((object) => shaped(object, request))
    const metadata = { resourceVersion: String(at), ...(next !== undefined && { continue: next }) }
    return { status: 200, body: { kind: 'List', apiVersion: 'v1', metadata, items } }
  }

  function objectOf({ resource, name }: ApiRequest): Answer {
    const found = store.all(resource).find(({ metadata }) => metadata.name === name)
    return found === undefined
      ? refused(404, `${resource} "${name}" not found`)
      : { status: 200, body: found }
  }

  function follow(request: ApiRequest, response: ServerResponse): void {
    const from = Number(request.query.get('resourceVersion'))
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    const stream = { request, response }
    if (from < store.compactedAt()) {
      write(stream, { type: 'ERROR', object: refused(410, 'too old resource version').body })
      return void response.end()
    }
    streams.add(stream)
    response.on('close', () => streams.delete(stream))
    for (const event of store.since(request.resource, from)) write(stream, event)
  }

  function broadcast(resource: string, event: WatchEvent): void {
    for (const stream of streams) if (stream.request.resource === resource) write(stream, event)
  }

  /** Writes one frame, in pieces of as many bytes as the test wants. */
  function write({ request, response }: Stream, { type, object }: WatchEvent): void {
    const isOurs = type === 'BOOKMARK' || type === 'ERROR' || selects(object as never, request.query)
    if (!isOurs || mood.isMute === true || mood.isMute === request.resource) return
    const frame = Buffer.from(`${JSON.stringify({ type, object: shaped(object, request) })}\n`)
    if (mood.pieces === undefined) response.write(frame)
    else void writePieces(response, frame, mood.pieces)
  }

  async function writeKubeconfig(given: string = token, ca: string = authority.ca): Promise<void> {
    await writeFile(path, kubeconfigOf(url, given, ca))
  }

  const path = join(folder, 'kubeconfig')
  await writeKubeconfig()
  return {
    ...store,
    url,
    folder,
    kubeconfig: path,
    writeKubeconfig,
    /** Everything that was asked so far. */
    requests,
    streams: (resource?: string): number =>
      [...streams].filter(({ request }) => resource === undefined || request.resource === resource).length,
    connections: () => sockets.size,
    /** Writes a frame that no change stands behind. */
    say: (resource: string, event: WatchEvent) => broadcast(resource, event),
    sayRaw(resource: string, text: string) {
      for (const { request, response } of streams) if (request.resource === resource) response.write(text)
    },
    /** Ends all watches in an orderly way. */
    endStreams() {
      for (const { response } of streams) response.end()
      streams.clear()
    },
    killSockets() {
      for (const socket of sockets) socket.destroy()
    },
    /** Nothing listens any more, until it is started again. */
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    startAgain: () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve)),
    /** Connections stay open and nothing answers, until it is over. */
    hang(isHanging: boolean) {
      mood.hangs = isHanging
      mood.isMute = isHanging
      if (!isHanging) for (const late of mood.held.splice(0)) late()
    },
    /** Watches stay open and keep what happens to themselves: those of all resources, or of one. */
    mute(isMute: boolean | string) {
      mood.isMute = isMute
    },
    cutInto(bytes: number | undefined) {
      mood.pieces = bytes
    },
    misbehave(misbehaviour?: Misbehaviour) {
      mood.misbehaviour = misbehaviour
    },
    accept(...tokens: readonly string[]) {
      mood.accepted = new Set(tokens)
    },
    /** Shows a certificate of this authority on each new connection. */
    certify: (by: Authority) => server.setSecureContext(identityOf(by)),
    authority,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}

interface Mood {
  accepted: Set<string>
  readonly held: (() => void)[]
  hangs?: boolean
  isMute?: boolean | string
  pieces?: number | undefined
  misbehaviour?: Misbehaviour | undefined
}

function identityOf(authority: Authority) {
  return authority.issue('localhost', { addresses: ['127.0.0.1'] })
}

function kubeconfigOf(server: string, token: string, ca: string): string {
  const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster }],
    users: [{ name: 'fake', user: { token } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    'current-context': 'fake',
  })
}
