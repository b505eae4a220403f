import { connect, isIP, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { checkServerIdentity, connect as connectTls } from 'node:tls'
import type { Millis } from '../core/time.ts'
import { ConnectionFault } from './postgres-message.ts'
import { Frames } from './postgres-frames.ts'
import { names } from './names.ts'

/** PEM texts. The server's certificate is always verified, up to its name. */
export interface PostgresTls {
  /** Who may have signed the server's certificate; absent: the public authorities that Node trusts. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name in the server's certificate, where it is not the host's. */
  readonly servername?: string
}

/** Less than dialling may take, so that the failure names the name. */
const NAME_WITHIN: Millis = 300

/** The message by which a client asks for TLS, and the answers to it. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const GRANTED = 'S'.charCodeAt(0)
const DENIED = 'N'.charCodeAt(0)

type Callback = (error?: Error | null) => void

/**
 * The stream that pg is given for its socket. It asks for TLS itself, so that everything that the server says, with TLS
 * or without, is checked in one place before pg sees it, and whatever pg throws over it ends the connection only.
 */
export class PostgresSocket extends Duplex {
  readonly frames = new Frames()
  readonly #tls: false | PostgresTls
  #raw: Socket | undefined
  /** What carries the protocol: the same, or TLS over it. */
  #line: Socket | undefined

  constructor(tls: false | PostgresTls) {
    super()
    this.#tls = tls
  }

  /** As net.Socket has it; `connect` is emitted when the protocol may begin. */
  connect(port: number, host: string): this {
    const raw = connect({ port, host, lookup: names.within(NAME_WITHIN), noDelay: true, keepAlive: true })
    this.#raw = raw
    this.#endWith(raw)
    raw.once('connect', () => {
      if (this.#tls === false) this.#open(raw)
      else this.#askForTls(raw, this.#tls, host)
    })
    return this
  }

  /** pg asks for it; it is always so. */
  setNoDelay(): this {
    return this
  }

  override _read(): void {}

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: Callback): void {
    if (this.#line === undefined) callback(new ConnectionFault('closed'))
    else this.#line.write(chunk, encoding, callback)
  }

  /** All messages of an exchange leave together. */
  override _writev(chunks: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', callback)
  }

  override _final(callback: Callback): void {
    if (this.#line === undefined) callback()
    else this.#line.end(callback)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#line?.destroy()
    this.#raw?.destroy()
    callback(error)
  }

  #endWith(line: Socket): void {
    line.on('error', (error) => this.destroy(error))
    line.on('close', () => this.destroy())
  }

  #askForTls(raw: Socket, tls: PostgresTls, host: string): void {
    raw.once('data', (reply) => {
      if (reply.length !== 1 || (reply[0] !== GRANTED && reply[0] !== DENIED))
        this.destroy(new ConnectionFault('malformed', 'the answer to the request for TLS'))
      else if (reply[0] === DENIED) this.destroy(new ConnectionFault('no_tls'))
      else this.#guarded(() => this.#secure(raw, tls, host))
    })
    raw.write(sslRequest)
  }

  #secure(socket: Socket, { servername, ...pem }: PostgresTls, host: string): void {
    const name = servername ?? host
    const secure = connectTls({
      socket,
      ...pem,
      // An address is no name that a server could be asked for.
      ...(isIP(name) === 0 && { servername: name }),
      checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    })
    this.#endWith(secure)
    secure.once('secureConnect', () => this.#open(secure))
  }

  #open(line: Socket): void {
    this.#line = line
    line.on('data', (chunk) => {
      this.#guarded(() => {
        for (const frame of this.frames.take(chunk)) {
          // Not pushed: what pg throws must come back here, and nothing wait in a buffer.
          this.emit('data', frame)
          if (this.destroyed) return
          if (this.frames.isIdle) this.emit('idle')
        }
      })
    })
    this.#guarded(() => this.emit('connect'))
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (fault) {
      this.destroy(fault instanceof Error ? fault : new ConnectionFault('malformed', 'an unknown fault'))
    }
  }
}
