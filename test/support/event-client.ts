import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { heardIn, type Heard } from '../unit/http/event-stream.ts'

/** A client of an event stream. */
export interface EventClient {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly heard: () => readonly Heard[]
  /** Ids of the `gates` events so far. */
  readonly ids: () => readonly (string | undefined)[]
  /** All that has come. */
  readonly text: () => string
  /** Whether the server has ended the stream. */
  readonly ended: () => boolean
  /** Reads no more until it is told to. */
  readonly pause: () => void
  readonly resume: () => void
  readonly leave: () => void
}

/** Opens a stream; resolves when its headers have come. */
export function listenTo(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method: 'GET' | 'HEAD' = 'GET',
): Promise<EventClient> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false })
    asked.once('error', reject)
    asked.once('response', (response) => {
      asked.off('error', reject)
      // A server that goes away is what some tests are about.
      asked.on('error', () => {})
      resolve(clientOf(response, () => asked.destroy()))
    })
    asked.end()
  })
}

function clientOf(response: IncomingMessage, leave: () => void): EventClient {
  const chunks: Buffer[] = []
  let ended = false
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  response.on('error', () => {})
  response.once('close', () => (ended = true))
  const text = () => Buffer.concat(chunks).toString()
  const heard = () => heardIn(text())
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    heard,
    ids: () => heard().flatMap(({ event, id }) => (event === 'gates' ? [id] : [])),
    text,
    ended: () => ended,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    leave,
  }
}

/** A bare connection and what has come over it. */
export interface Line {
  readonly socket: Socket
  readonly text: () => string
  readonly closed: () => boolean
}

/**
 * Connects and writes; resolves when connected. A connection that is refused is closed.
 * @param localAddress where it comes from, other than 127.0.0.1
 */
export function dial(url: string, written = '', localAddress?: string): Promise<Line> {
  const { hostname, port } = new URL(url)
  const socket = connect({
    port: Number(port),
    host: hostname,
    ...(localAddress !== undefined && { localAddress }),
  })
  const chunks: Buffer[] = []
  let closed = false
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  return new Promise((resolve) => {
    const line = { socket, text: () => Buffer.concat(chunks).toString(), closed: () => closed }
    socket.once('close', () => {
      closed = true
      resolve(line)
    })
    socket.once('connect', () => {
      if (written !== '') socket.write(written)
      resolve(line)
    })
  })
}
