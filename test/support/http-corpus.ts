/** What a server may send for one request, byte by byte (latin-1), and what must be made of it. */
export interface Sent {
  readonly bytes: string
  /** What it does ending: keeps the connection, closes or resets it. */
  readonly ending?: 'keep' | 'close' | 'reset'
  /** The body of the answer, or the reason why there is none. */
  readonly body?: string
  readonly reason?: RegExp
}

const ok = 'HTTP/1.1 200 OK\r\n'
const five = 'content-length: 5\r\n\r\nhello'
const chunked = 'transfer-encoding: chunked\r\n\r\n'
const plain = `${ok}${five}`
const stale = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nSTALE'

/** Kinds of answers that were seen in the field, or that a target could think of. */
export const corpus: Readonly<Record<string, Sent>> = {
  // X36: encodings that are none.
  'an empty Content-Encoding': { bytes: `${ok}content-encoding:\r\n${five}`, body: 'hello' },
  'a blank Content-Encoding': { bytes: `${ok}content-encoding:   \r\n${five}`, body: 'hello' },
  identity: { bytes: `${ok}Content-Encoding: Identity\r\n${five}`, body: 'hello' },
  'identity twice': { bytes: `${ok}content-encoding: identity, identity\r\n${five}`, body: 'hello' },
  'two headers of identity': {
    bytes: `${ok}content-encoding: identity\r\ncontent-encoding:\r\n${five}`,
    body: 'hello',
  },
  'gzip behind identity': {
    bytes: `${ok}content-encoding: identity, gzip\r\n${five}`,
    reason: /^body_encoded$/,
  },
  'gzip in a second header': {
    bytes: `${ok}content-encoding: identity\r\nContent-Encoding: GZIP\r\n${five}`,
    reason: /^body_encoded$/,
  },
  // X36: interim answers.
  '100 Continue': { bytes: `HTTP/1.1 100 Continue\r\n\r\n${plain}`, reason: /^interim_answer$/ },
  '100 Continue and a close': {
    bytes: 'HTTP/1.1 100 Continue\r\n\r\n',
    ending: 'close',
    reason: /^interim_answer$/,
  },
  '101 Switching Protocols': {
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    reason: /^interim_answer$/,
  },
  '103 Early Hints': {
    bytes: `HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\ncontent-encoding: gzip\r\n\r\n${plain}`,
    body: 'hello',
  },
  'several 102 and 103': {
    bytes: `${'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n'.repeat(20)}${plain}`,
    body: 'hello',
  },
  'only 103 and a close': {
    bytes: 'HTTP/1.1 103 Early Hints\r\n\r\n',
    ending: 'close',
    reason: /^connection_closed$/,
  },
  // Lengths.
  'a length in other case': { bytes: `${ok}CONTENT-LENGTH:5\r\n\r\nhello`, body: 'hello' },
  'a length too long': {
    bytes: `${ok}content-length: 6\r\n\r\nhello`,
    ending: 'close',
    reason: /^body_truncated$/,
  },
  'a length too short': { bytes: `${ok}content-length: 4\r\n\r\nhello`, body: 'hell' },
  'two lengths that differ': {
    bytes: `${ok}content-length: 4\r\ncontent-length: 5\r\n\r\nhello`,
    reason: /^(?:not_http|body_truncated)$/,
  },
  'a negative length': { bytes: `${ok}content-length: -5\r\n\r\nhello`, reason: /^not_http$/ },
  'a length with a sign': { bytes: `${ok}content-length: +5\r\n\r\nhello`, reason: /^not_http$/ },
  'a length beyond all numbers': {
    bytes: `${ok}content-length: ${'9'.repeat(40)}\r\n\r\nhello`,
    reason: /^(?:not_http|body_truncated)$/,
  },
  // Where it ends cannot be told from where it broke off.
  'no length and a close': { bytes: `${ok}\r\nhello`, ending: 'close', reason: /^body_undelimited$/ },
  'no length and a reset': { bytes: `${ok}\r\nhello`, ending: 'reset', reason: /^body_undelimited$/ },
  'no length in a refusal': {
    bytes: 'HTTP/1.0 503 Service Unavailable\r\n\r\nhello',
    ending: 'close',
    body: 'hello',
  },
  // Chunks.
  chunks: { bytes: `${ok}${chunked}3\r\nhel\r\n2;name="value"\r\nlo\r\n0\r\n\r\n`, body: 'hello' },
  'chunks with trailers': {
    bytes: `${ok}${chunked}5\r\nhello\r\n0\r\nx: y\r\n\r\n`,
    body: 'hello',
  },
  'chunks in other case': {
    bytes: `${ok}Transfer-Encoding: CHUNKED\r\n\r\n005\r\nhello\r\n0\r\n\r\n`,
    body: 'hello',
  },
  'chunks and a length': {
    bytes: `${ok}content-length: 5\r\n${chunked}5\r\nhello\r\n0\r\n\r\n`,
    reason: /^(?:not_http|body_truncated)$/,
  },
  'a chunk without its size': { bytes: `${ok}${chunked}hello\r\n0\r\n\r\n`, reason: /^not_http$/ },
  'a chunk beyond all numbers': { bytes: `${ok}${chunked}${'f'.repeat(17)}\r\nhello`, reason: /^not_http$/ },
  'a chunk that is longer than its size': {
    bytes: `${ok}${chunked}4\r\nhello\r\n0\r\n\r\n`,
    reason: /^not_http$/,
  },
  'chunks without the last': {
    bytes: `${ok}${chunked}5\r\nhello\r\n`,
    ending: 'close',
    reason: /^body_truncated$/,
  },
  'a transfer coding that is none of ours': {
    bytes: `${ok}transfer-encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    ending: 'close',
    reason: /^body_undelimited$/,
  },
  // More than one answer.
  'a second answer': { bytes: `${plain}${stale}`, body: 'hello' },
  'a second answer after chunks': { bytes: `${ok}${chunked}5\r\nhello\r\n0\r\n\r\n${stale}`, body: 'hello' },
  'a hundred answers': { bytes: `${plain}${stale.repeat(100)}`, body: 'hello' },
  'half a second answer': { bytes: `${plain}${stale.slice(0, 20)}`, body: 'hello' },
  'garbage behind the answer': { bytes: `${plain}\0\0 garbage\r\n\r\n`, body: 'hello' },
  'line breaks behind the answer': { bytes: `${plain}\r\n\r\n`, body: 'hello' },
  'a body behind 204': { bytes: `HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nSTALE`, body: '' },
  'an answer behind 304': { bytes: `HTTP/1.1 304 Not Modified\r\n\r\n${stale}`, body: '' },
  // Heads.
  'HTTP/1.0': { bytes: `HTTP/1.0 200 OK\r\n${five}`, ending: 'close', body: 'hello' },
  'HTTP/0.9': { bytes: '<html></html>', ending: 'close', reason: /^not_http$/ },
  'HTTP/2': { bytes: 'HTTP/2 200\r\n\r\n', ending: 'close', reason: /^not_http$/ },
  'no reason phrase': { bytes: `HTTP/1.1 200\r\n${five}`, body: 'hello' },
  'bare line feeds': { bytes: 'HTTP/1.1 200 OK\ncontent-length: 5\n\nhello', reason: /^not_http$/ },
  'a NUL in a header': { bytes: `${ok}x: a\0b\r\n${five}`, reason: /^not_http$/ },
  'a header without a colon': { bytes: `${ok}header\r\n${five}`, reason: /^not_http$/ },
  'a header named __proto__': {
    bytes: `${ok}__proto__: content-encoding\r\nconstructor: x\r\n${five}`,
    body: 'hello',
  },
  'a flood of headers': {
    bytes: `${ok}${Array.from({ length: 4_000 }, (_, index) => `x-${index}: y\r\n`).join('')}${five}`,
    reason: /^headers_too_large$/,
  },
  'a flood of trailers': {
    bytes: `${ok}${chunked}5\r\nhello\r\n0\r\n${'x: yyyyyyyyyyyyyyyy\r\n'.repeat(4_000)}\r\n`,
    reason: /^headers_too_large$/,
  },
  'a Keep-Alive that makes no sense': {
    bytes: `${ok}connection: keep-alive\r\nkeep-alive: timeout=-1e9, max=x\r\n${five}`,
    body: 'hello',
  },
  nothing: { bytes: '', ending: 'close', reason: /^connection_closed$/ },
  'a TLS alert': { bytes: '\x15\x03\x01\0\x02\x02\x46', ending: 'close', reason: /^not_http$/ },
}
