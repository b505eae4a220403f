import { afterAll, beforeAll } from 'vitest'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import type { Postgres, PostgresSettings } from '../../src/connections/postgres.ts'
import { authentication, login, one, preamble } from './postgres-messages.ts'

/** Says what it likes, in so many pieces, or does what it likes with the connection. */
export type Saying = readonly Buffer[] | ((socket: Socket, received: Buffer) => void)

/** What is said to a startup message, to each further password message in turn, and to each look with all of it. */
export interface Manners {
  readonly login: Saying
  readonly passwords: readonly Saying[]
  readonly look: Saying
}

export interface Impostor {
  readonly port: number
  readonly settings: PostgresSettings
  /** Anything that is not said is done as an honest server does it. */
  behave(manners: Partial<Manners>): void
  /** Breaks the connections off that are open now. */
  cut(): void
  /** Connections that are open now. */
  connections(): number
  /** Connections that were ever made. */
  dialled(): number
  close(): Promise<void>
}

const honest: Manners = { login, passwords: [], look: [...preamble(), ...one] }

const SSL_REQUEST = 80_877_103

/** A server on a loopback port that speaks for Postgres, honestly until it is told otherwise; with TLS, only by TLS. */
export async function postgresImpostor({ isSecure = false } = {}): Promise<Impostor> {
  const authority = certificateAuthority()
  const identity = authority.issue('localhost')
  let manners = honest
  let dialled = 0
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (raw) => {
    dialled += 1
    sockets.add(raw)
    raw.on('error', () => {})
    raw.on('close', () => sockets.delete(raw))
    raw.once('data', (first) => {
      const wantsTls = first.length === 8 && first.readInt32BE(4) === SSL_REQUEST
      if (!wantsTls) return converse(raw, first, () => manners)
      raw.write(isSecure ? 'S' : 'N')
      if (!isSecure) return
      const secure = new TLSSocket(raw, { isServer: true, ...identity })
      secure.on('error', () => {})
      secure.once('data', (startup) => converse(secure, startup, () => manners))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    settings: {
      host: isSecure ? 'localhost' : '127.0.0.1',
      port,
      user: 'gate',
      database: 'caracal',
      password: 'a secret',
      tls: isSecure && { ca: authority.ca },
    },
    behave: (changes) => {
      manners = { ...honest, ...changes }
    },
    cut: () => sockets.forEach((socket) => socket.destroy()),
    connections: () => sockets.size,
    dialled: () => dialled,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** The look that an honest impostor answers with `[{ one: 1 }]`. */
export function lookAt(postgres: Postgres): Promise<readonly object[]> {
  return postgres.query('one', 'SELECT 1 AS one')
}

/** Answers the startup message, and then each password message and each Sync. */
function converse(socket: Socket, startup: Buffer, manners: () => Manners): void {
  let passwords = 0
  let pending: Buffer = Buffer.alloc(0)
  let asked: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 5 && pending.length > pending.readInt32BE(1)) {
      const received = pending.subarray(0, pending.readInt32BE(1) + 1)
      pending = pending.subarray(received.length)
      const type = String.fromCharCode(received[0] ?? 0)
      asked = Buffer.concat([asked, received])
      if (type === 'S') {
        say(socket, manners().look, asked)
        asked = Buffer.alloc(0)
      }
      if (type === 'p') say(socket, manners().passwords[passwords++] ?? [], received)
    }
  })
  say(socket, manners().login, startup)
}

function say(socket: Socket, saying: Saying, received: Buffer): void {
  if (typeof saying === 'function') return saying(socket, received)
  const pieces = [...saying]
  function next(): void {
    const piece = pieces.shift()
    if (piece === undefined || socket.destroyed) return
    socket.write(piece)
    setImmediate(next)
  }
  next()
}

/** The challenge of SCRAM, made of the nonce that the client sent. */
export function challenge(text: (nonce: string) => string): Saying {
  return (socket, received) => {
    const nonce = /r=([^,]+)$/.exec(received.toString('latin1'))?.[1] ?? ''
    socket.write(authentication(11, Buffer.from(text(nonce))))
  }
}

/** Says the same again for as long as anybody takes it, and never ends. */
export function forever(piece: Buffer, before: readonly Buffer[] = []): Saying {
  return (socket) => {
    for (const one of before) socket.write(one)
    const pump = () => {
      while (!socket.destroyed && socket.write(piece));
    }
    socket.on('drain', pump)
    pump()
  }
}

/** So long that a look ends by what the server does. */
export const longPatience = { connect: 30_000, answer: 30_000, redial: 0 }

/** One in the clear and one over TLS, for all tests of a file. */
export function bothImpostors() {
  let plain: Impostor
  let secure: Impostor
  beforeAll(async () => {
    plain = await postgresImpostor()
    secure = await postgresImpostor({ isSecure: true })
  })
  afterAll(async () => {
    await plain?.close()
    await secure?.close()
  })
  return [
    ['in the clear', () => plain],
    ['over TLS', () => secure],
  ] as const
}
