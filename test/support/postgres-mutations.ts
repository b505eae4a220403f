import fc from 'fast-check'
import {
  authentication,
  int16,
  int32,
  login,
  message,
  one,
  preamble,
  report,
  saslMechanisms,
  text,
} from './postgres-messages.ts'

/** Every type of message that a server may send, and some that none does. */
const types = 'RSKZEN123tTDCInsAGHWdcvVXpQ@\0\u00ff'.split('')

const lengths = [
  -2_147_483_648, -1, 0, 1, 3, 4, 5, 8, 12, 1_000, 65_536, 262_144, 262_145, 1_073_741_824, 2_147_483_647,
]

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))

/** Any type with any body, its length right. */
const anyMessage = fc.tuple(fc.constantFrom(...types), bytes).map(([type, body]) => message(type, body))

/** Any type with a length that is none of its own. */
const lyingMessage = fc
  .tuple(fc.constantFrom(...types), fc.oneof(fc.constantFrom(...lengths), fc.integer()), bytes)
  .map(([type, length, body]) => Buffer.concat([Buffer.from(type, 'latin1'), int32(length), body]))

const anyAuthentication = fc
  .tuple(fc.oneof(fc.integer({ min: -1, max: 14 }), fc.integer()), bytes)
  .map(([code, data]) => authentication(code, data))

const fields = fc.array(
  fc.tuple(fc.constantFrom(...'SVCMDHPpqWstcdnFLR\0'.split('')), fc.string({ maxLength: 12 })),
  {
    maxLength: 8,
  },
)
const anyReport = fc
  .tuple(fc.constantFrom('E', 'N'), fields, fc.boolean())
  .map(([type, said, ends]) =>
    message(
      type,
      ...said.map(([letter, value]) => text(`${letter}${value}`)),
      ends ? Buffer.alloc(1) : Buffer.alloc(0),
    ),
  )

const count = fc.oneof(fc.integer({ min: -2, max: 12 }), fc.integer({ min: -32_768, max: 32_767 }))

const anyDescription = fc
  .tuple(
    count,
    fc.array(fc.tuple(fc.string({ maxLength: 8 }), fc.uint8Array({ maxLength: 18, minLength: 16 }))),
  )
  .map(([columns, said]) =>
    message('T', int16(columns), ...said.map(([name, rest]) => Buffer.concat([text(name), rest]))),
  )

const anyRow = fc
  .tuple(count, fc.array(fc.tuple(fc.oneof(fc.integer({ min: -2, max: 8 }), fc.integer()), bytes)))
  .map(([columns, said]) =>
    message('D', int16(columns), ...said.map(([length, value]) => Buffer.concat([int32(length), value]))),
  )

const refusal = fc
  .tuple(
    fc.constantFrom<'E' | 'N'>('E', 'N'),
    fc.constantFrom('28P01', '57P01', '42P01', '08P01', 'XX000', ''),
  )
  .map(([type, code]) => report(type, 'FATAL', code))

const foreign = fc.oneof(
  anyMessage,
  lyingMessage,
  anyAuthentication,
  anyReport,
  anyDescription,
  anyRow,
  refusal,
  bytes,
)

/** What an honest server says in one go, and something done to it: left out, doubled, swapped, put in, cut or changed. */
function spoilt(honest: readonly Buffer[]): fc.Arbitrary<readonly Buffer[]> {
  const place = fc.integer({ min: 0, max: honest.length })
  return fc.oneof(
    fc.constant(honest),
    place.map((at) => honest.toSpliced(at, 1)),
    place.map((at) => honest.toSpliced(at, 0, ...honest.slice(at, at + 1))),
    fc
      .tuple(place, place)
      .map(([from, to]) => honest.toSpliced(from, 1).toSpliced(to, 0, ...honest.slice(from, from + 1))),
    fc.tuple(place, foreign).map(([at, other]) => honest.toSpliced(at, 0, other)),
    fc.tuple(place, foreign).map(([at, other]) => honest.toSpliced(at, 1, other)),
    cut(honest),
    changed(honest),
    fc.array(foreign, { maxLength: 6 }),
  )
}

/** Only so many bytes of it. */
function cut(honest: readonly Buffer[]): fc.Arbitrary<readonly Buffer[]> {
  const whole = Buffer.concat(honest)
  return fc.integer({ min: 0, max: whole.length }).map((end) => [whole.subarray(0, end)])
}

/** One byte of it is another. */
function changed(honest: readonly Buffer[]): fc.Arbitrary<readonly Buffer[]> {
  const whole = Buffer.concat(honest)
  return fc
    .tuple(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }))
    .map(([at, byte]) => [
      Buffer.concat([whole.subarray(0, at), Buffer.from([byte]), whole.subarray(at + 1)]),
    ])
}

/** The same bytes in pieces that begin and end anywhere. */
function torn(said: readonly Buffer[]): fc.Arbitrary<readonly Buffer[]> {
  const whole = Buffer.concat(said)
  return fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 5 }).map((places) => {
    const sorted = [0, ...places.toSorted((left, right) => left - right), whole.length]
    return sorted.slice(1).map((end, index) => whole.subarray(sorted[index], end))
  })
}

export interface Conversation {
  readonly login: readonly Buffer[]
  readonly look: readonly Buffer[]
}

/** A login and the answer to a look, of which one or both are not what they should be, in pieces. */
export const conversations: fc.Arbitrary<Conversation> = fc.record({
  login: fc.oneof({ weight: 2, arbitrary: fc.constant(login) }, spoilt(login)).chain(torn),
  look: spoilt([...preamble(), ...one]).chain(torn),
})

/** A proof of a server that does not know the password. */
export const forgedProof = authentication(12, Buffer.from(`v=${Buffer.alloc(32, 'x').toString('base64')}`))

export interface Proof {
  readonly offer: readonly Buffer[]
  readonly text: (nonce: string) => string
  readonly last: readonly Buffer[]
}

const mechanisms = fc.array(fc.constantFrom('SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'OAUTHBEARER', 'x'), {
  maxLength: 3,
})
const nonces = fc.constantFrom<(nonce: string) => string>(
  (nonce) => `${nonce}more`,
  (nonce) => nonce,
  () => 'another',
  () => '',
  (nonce) => `${nonce}\0`,
)
const rounds = fc.constantFrom('4096', '1', '0', '-1', '99999999999999999999', '4e3', 'x', '')
const salts = fc.constantFrom('c2FsdA==', '', '%', 'A'.repeat(1_000))

/** The login of a server that asks for a proof by SCRAM, none of which may be believed. */
export const proofs: fc.Arbitrary<Proof> = fc.record({
  offer: fc.oneof(
    fc.constant([saslMechanisms('SCRAM-SHA-256')]),
    mechanisms.map((names) => [saslMechanisms(...names)]),
  ),
  text: fc.tuple(nonces, salts, rounds, fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined })).map(
    ([nonce, salt, count, end]) =>
      (sent: string) =>
        `r=${nonce(sent)},s=${salt},i=${count}`.slice(0, end),
  ),
  last: spoilt([forgedProof, ...login]).chain(torn),
})
