import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createSecureContext, createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { certificateAuthority, type Identity } from '../../rig/certificate-authority.ts'
import { openHttp } from '../../src/connections/http.ts'
import { openPostgres } from '../../src/connections/postgres.ts'
import { openRedis } from '../../src/connections/redis.ts'
import { tlsWords, type TlsFault } from '../../src/core/tls-fault.ts'
import { runHere } from '../support/cli-process.ts'

// What is wrong with the TLS of a server is said in the same words by every client that meets it.

const authority = certificateAuthority()
const other = certificateAuthority('Another Authority')
const good = authority.issue('localhost')

type Shown = Identity & TlsOptions

/** A server that shakes hands with this; without it, it speaks in the clear. */
interface World {
  readonly fault: TlsFault
  readonly shown?: Shown
}

const worlds: readonly (readonly [string, World])[] = [
  ['an expired certificate', { fault: 'expired', shown: authority.issue('localhost', { expires: 2021 }) }],
  [
    'a certificate of next century',
    { fault: 'not_yet_valid', shown: authority.issue('localhost', { begins: 2110 }) },
  ],
  ['a certificate for another name', { fault: 'wrong_name', shown: authority.issue('other.example') }],
  ['a certificate of an unknown authority', { fault: 'untrusted', shown: other.issue('localhost') }],
  ['a certificate that signed itself', { fault: 'untrusted', shown: { cert: other.ca, key: other.caKey } }],
  [
    'nothing newer than TLS 1.1',
    {
      fault: 'version',
      shown: { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    },
  ],
  [
    'a demand for a client certificate',
    {
      fault: 'client_certificate',
      shown: { ...good, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
    },
  ],
  ['no TLS at all', { fault: 'no_tls' }],
]

const servers = new Set<Server>()
const sockets = new Set<Socket>()

async function listen(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  servers.add(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function serve({ shown }: World): Promise<number> {
  const clear = (socket: Socket) => socket.once('data', () => socket.end('-ERR unknown command\r\n'))
  const server = shown === undefined ? createServer(clear) : createTlsServer(shown)
  return listen(server.on('tlsClientError', () => {}))
}

/** The same as Postgres has it: TLS comes after a question for it, which this answers with yes or no. */
function servePostgres({ shown }: World): Promise<number> {
  const answer = (socket: Socket) =>
    socket.once('data', () => {
      if (shown === undefined) return void socket.end('N')
      socket.write('S')
      const { requestCert = false, rejectUnauthorized = false, ...context } = shown
      const secureContext = createSecureContext(context)
      const secured = new TLSSocket(socket, {
        isServer: true,
        secureContext,
        requestCert,
        rejectUnauthorized,
      })
      secured.on('error', () => {})
    })
  return listen(createServer(answer))
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await Promise.all([...servers].map((server) => new Promise((resolve) => server.close(resolve))))
  servers.clear()
})

let folder: string
let caFile: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-tls-faults-'))
  caFile = join(folder, 'ca.crt')
  await writeFile(caFile, authority.ca)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function messageOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => 'it answers',
    (fault: unknown) => String(fault),
  )
}

const tls = { ca: authority.ca, servername: 'localhost' }

const clients: Readonly<Record<string, (port: number) => Promise<string>>> = {
  async http(port) {
    const http = openHttp({ tls: { ca: authority.ca } })
    const request = { deadline: AbortSignal.timeout(20_000), maxBytes: 1_000 }
    const message = await messageOf(http.get(`https://localhost:${port}/ready`, request))
    await http.close()
    return message
  },
  async redis(port) {
    const redis = openRedis({ url: `rediss://127.0.0.1:${port}`, tls })
    const [reply] = await redis.runAnywhere([['TIME']])
    await redis.close()
    return reply?.ok === false ? reply.unavailable.message : 'it answers'
  },
  async postgres(port) {
    const settings = { host: '127.0.0.1', port, database: 'caracal', user: 'gate', password: 'x', tls }
    const postgres = openPostgres(settings)
    const message = await messageOf(postgres.query('one', 'SELECT 1'))
    await postgres.close()
    return message
  },
  async cli(port) {
    const { code, stderr } = await runHere([
      'status',
      '--url',
      `https://localhost:${port}`,
      '--ca-file',
      caFile,
    ])
    return `${code} ${stderr}`
  },
}

describe.each(Object.entries(clients))('X77: %s', (name, ask) => {
  it.each(worlds)('says what is wrong with %s, and what fixes that', async (_, world) => {
    const message = await ask(await (name === 'postgres' ? servePostgres : serve)(world))
    const { says } = tlsWords[world.fault]
    // Postgres asks for TLS before a handshake and hears no.
    // undici tells of a peer that closes a finished handshake by its end alone, without the alert before it.
    const own: Readonly<Record<string, string>> = {
      'postgres no_tls': 'does not offer TLS',
      'http client_certificate': 'closed the connection without an answer',
    }
    const expected = own[`${name} ${world.fault}`] ?? says
    expect(message).toContain(expected)
    // What nobody can trust is fixed by an authority, and nothing else is.
    if (world.fault !== 'untrusted') expect(message).not.toMatch(/--ca-file|configure its CA/)
    else if (name !== 'http') expect(message).toMatch(name === 'cli' ? /--ca-file/ : /configure its CA/)
    for (const fault of Object.keys(tlsWords) as TlsFault[])
      if (fault !== world.fault) expect(message).not.toContain(tlsWords[fault].says)
  })
})
