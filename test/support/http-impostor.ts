import type { Socket } from 'node:net'
import fc from 'fast-check'

/** Pieces of an answer in their order, and what is done with the connection after the last. */
export interface Script {
  readonly pieces: readonly Buffer[]
  readonly ending: 'keep' | 'close' | 'reset'
}

/** An answer as RFC 9112 allows it, in any form, and what must be read of it. */
export interface Proper extends Script {
  readonly status: number
  readonly body: string
}

/** What no honest body says. */
const STALE = 'STALE'

const cased = (name: string) =>
  fc.constantFrom(
    name,
    name.toUpperCase(),
    name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  )

const interim = fc.constantFrom(
  '',
  'HTTP/1.1 102 Processing\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n',
)

const harmless = fc.constantFrom(
  'Content-Encoding:',
  'content-encoding: identity',
  'Content-Encoding: identity, identity',
  'connection: keep-alive',
  'keep-alive: timeout=5',
  'vary: accept-encoding',
  'x-empty:',
  '__proto__: x',
)

/** A body in chunks of any length, with extensions and trailers. */
function chunked(body: Buffer, lengths: readonly number[], extension: string, trailer: string): Buffer {
  const parts: Buffer[] = []
  for (let at = 0, turn = 0; at < body.length; turn += 1) {
    const piece = body.subarray(at, at + (lengths[turn % lengths.length] ?? 1))
    at += piece.length
    parts.push(Buffer.from(`${piece.length.toString(16)}${extension}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailer}\r\n`)])
}

/** Cuts into pieces at any places, which need not be in order. */
function cutAt(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  const ends = [...cuts, bytes.length]
  return ends
    .map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0)
}

const places = fc.array(fc.nat(4_000), { maxLength: 6 })

export const proper: fc.Arbitrary<Proper> = fc
  .record({
    status: fc.constantFrom(200, 200, 404, 429, 500, 503),
    phrase: fc.constantFrom(' OK', ' ', '', ' Not Quite As It Should Be'),
    interims: fc.array(interim, { maxLength: 3 }),
    headers: fc.array(harmless, { maxLength: 4 }),
    lengthName: cased('content-length'),
    codingName: cased('transfer-encoding'),
    body: fc.string({ unit: 'binary', maxLength: 300 }),
    chunks: fc.option(fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 4 })),
    extension: fc.constantFrom('', ';a', ';a=b', ';a="b;c"'),
    trailer: fc.constantFrom('', 'x: y\r\n'),
    places,
    ending: fc.constantFrom('keep' as const, 'keep' as const, 'close' as const),
  })
  .map((drawn) => {
    const bytes = Buffer.from(drawn.body)
    const framing =
      drawn.chunks === null ? `${drawn.lengthName}: ${bytes.length}` : `${drawn.codingName}: chunked`
    const head = [`HTTP/1.1 ${drawn.status}${drawn.phrase}`, ...drawn.headers, framing].join('\r\n')
    const payload =
      drawn.chunks === null ? bytes : chunked(bytes, drawn.chunks, drawn.extension, drawn.trailer)
    const whole = Buffer.concat([Buffer.from(`${drawn.interims.join('')}${head}\r\n\r\n`), payload])
    const { status, ending } = drawn
    return { status, body: bytes.toString(), pieces: cutAt(whole, drawn.places), ending }
  })

type Mutation = (bytes: Buffer) => Buffer

/** Header lines that contradict, overflow or mean nothing. */
const strange = fc.oneof(
  fc.constantFrom(
    'content-length: 0',
    'content-length: 1e9',
    'content-length: 18446744073709551616',
    'content-length: 3, 3',
    'transfer-encoding: chunked, chunked',
    'transfer-encoding: gzip',
    'transfer-encoding:',
    'content-encoding: gzip',
    'connection: close',
    'connection: upgrade',
    'upgrade: h2c',
    'keep-alive: timeout=0',
    'keep-alive: timeout=99999999999999999999',
    ' folded',
    'no colon',
    ': no name',
    'x\0: y',
  ),
  fc.integer({ min: 1, max: 20_000 }).map((length) => `x-long: ${'y'.repeat(length)}`),
  fc.integer({ min: 1, max: 3_000 }).map((count) => Array(count).fill('x: y').join('\r\n')),
)

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      '\r\n',
      '\n',
      '0\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'HTTP/1.1 200 OK\r\n\r\n',
    )
    .map((text) => Buffer.from(text)),
)

const mutation: fc.Arbitrary<Mutation> = fc.oneof<fc.Arbitrary<Mutation>[]>(
  fc.nat(4_000).map((at) => (bytes) => bytes.subarray(0, at % (bytes.length + 1))),
  fc.tuple(fc.nat(4_000), noise).map(([at, what]) => (bytes) => {
    const place = at % (bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, place), what, bytes.subarray(place)])
  }),
  fc.tuple(fc.nat(4_000), fc.nat(255)).map(([at, value]) => (bytes) => {
    const changed = Buffer.from(bytes)
    if (changed.length > 0) changed[at % changed.length] = value
    return changed
  }),
  strange.map((line) => (bytes) => {
    const end = bytes.indexOf('\r\n')
    return end === -1
      ? bytes
      : Buffer.concat([bytes.subarray(0, end), Buffer.from(`\r\n${line}`), bytes.subarray(end)])
  }),
  fc
    .integer({ min: 1, max: 3 })
    .map((times) => (bytes) => Buffer.concat([bytes, ...Array.from({ length: times }, () => bytes)])),
  fc.constant((bytes: Buffer) =>
    Buffer.concat([bytes, Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${STALE.length}\r\n\r\n${STALE}`)]),
  ),
)

/** Proper answers with as much wrong with them as chance wills, and bytes that never were an answer. */
export const improper: fc.Arbitrary<Script> = fc
  .record({
    first: fc.oneof(
      { weight: 9, arbitrary: proper.map(({ pieces }) => Buffer.concat(pieces)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    ),
    mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
    places,
    ending: fc.constantFrom('keep' as const, 'close' as const, 'close' as const, 'reset' as const),
  })
  .map(({ first, mutations, places: cuts, ending }) => {
    const bytes = mutations.reduce<Buffer>((before, mutate) => mutate(before), first)
    return { pieces: cutAt(bytes, cuts), ending }
  })

/** Plays a script on a connection, each piece in a turn of its own. Resolves when all of it is on its way. */
export async function play(socket: Socket, { pieces, ending }: Script): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('close', done)
        resolve()
      }
      socket.once('close', done)
      socket.write(piece, () => setImmediate(done))
    })
  }
  if (ending === 'close') socket.end()
  if (ending === 'reset') socket.resetAndDestroy()
}
