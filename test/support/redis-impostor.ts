import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Identity } from '../../rig/certificate-authority.ts'

/** What a server does with a command; it has the bare socket, so it can do everything wrong. */
export type Answer = (socket: Socket, command: readonly string[]) => void

export interface RedisImpostor {
  readonly port: number
  /** What it was asked, over all connections. */
  readonly commands: readonly (readonly string[])[]
  /** How many connections it was offered so far. */
  dialled(): number
  answer(answer: Answer): void
  close(): Promise<void>
}

/** Speaks to clients of Redis on 127.0.0.1, and answers each command by `answer`. */
export async function redisImpostor(first: Answer, tls?: Identity): Promise<RedisImpostor> {
  let answer = first
  let dialled = 0
  const commands: (readonly string[])[] = []
  const sockets = new Set<Socket>()
  function take(socket: Socket): void {
    dialled += 1
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    let pending = ''
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1')
      for (let taken = takeCommand(pending); taken !== undefined; taken = takeCommand(pending)) {
        pending = taken.rest
        commands.push(taken.command)
        if (socket.writable) answer(socket, taken.command)
      }
    })
  }
  const server = tls === undefined ? createServer(take) : createTlsServer({ ...tls }, take)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    dialled: () => dialled,
    answer(next) {
      answer = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** The first whole command of what arrived, in the form that clients send: a list of texts. */
function takeCommand(
  pending: string,
): { readonly command: readonly string[]; readonly rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(pending)
  if (head === null) return undefined
  let at = head[0].length
  const command: string[] = []
  for (let n = 0; n < Number(head[1]); n += 1) {
    const length = /^\$(\d+)\r\n/.exec(pending.slice(at, at + 20))
    if (length === null) return undefined
    at += length[0].length
    const end = at + Number(length[1])
    if (pending.length < end + 2) return undefined
    command.push(pending.slice(at, end))
    at = end + 2
  }
  return { command, rest: pending.slice(at) }
}

/** Answers the login properly, and says of itself that it is a primary; everything else is for `then`. */
export function loggedIn(then: Answer): Answer {
  return (socket, command) => {
    const name = command[0]?.toLowerCase() ?? ''
    if (['auth', 'client', 'select'].includes(name)) socket.write('+OK\r\n')
    else if (name === 'info' && command[1] === 'replication') socket.write(bulk('role:master\r\n'))
    else then(socket, command)
  }
}

export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
}

/** Writes the same piece as long as anybody takes it, up to two gigabytes. */
export function endless(socket: Socket, piece: Buffer): void {
  let left = 2 * 1024 ** 3
  function pump(): void {
    while (left > 0 && socket.writable) {
      left -= piece.length
      if (!socket.write(piece)) return
    }
  }
  socket.on('drain', pump)
  pump()
}
