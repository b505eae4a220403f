import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verified } from '../../../../src/cli/verify/verified.ts'
import { fileOf, newKey, playedDaemon } from '../../../support/exported-rollout.ts'

/** As short as an export can be: a rollout that is begun, an override, and nothing else. */
const daemon = playedDaemon()
daemon.begin('r')
daemon.override('deep', 60, { actor: 'a', reason: 'b' })
const key = newKey()
const signed = Buffer.from(fileOf(daemon.exports(key.signer)))
const unsigned = Buffer.from(fileOf(daemon.exports()))

const forms = [
  { form: 'without a signature', bytes: unsigned, names: undefined },
  { form: 'signed, by the key', bytes: signed, names: key.names },
  { form: 'signed, without the key', bytes: signed, names: undefined },
]

describe.each(forms)('R231: an export $form', ({ bytes, names }) => {
  const isCaught = (changed: Uint8Array) => {
    const result = verified(changed, names)
    return !result.ok && result.where !== '' && result.problem !== ''
  }

  it('is verified as it is', () => {
    expect(verified(bytes, names)).toMatchObject({ ok: true })
  })

  it.each([0x01, 0x20, 0x80])('is not verified with any one byte changed by %i', (mask) => {
    const changed = Buffer.from(bytes)
    const missed: number[] = []
    for (let at = 0; at < bytes.length; at++) {
      changed.writeUInt8(bytes.readUInt8(at) ^ mask, at)
      if (!isCaught(changed)) missed.push(at)
      changed.writeUInt8(bytes.readUInt8(at), at)
    }
    expect(missed).toEqual([])
  })

  it('is not verified with any one byte made any other', () => {
    const at = fc.nat(bytes.length - 1)
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 255 }), (place, mask) => {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(bytes.readUInt8(place) ^ mask, place)
        return isCaught(changed)
      }),
      { numRuns: 500 },
    )
  })

  it('is not verified when it is cut anywhere, or anything is added or taken out', () => {
    const part = fc.tuple(fc.nat(bytes.length), fc.nat(bytes.length), fc.uint8Array({ maxLength: 8 }))
    fc.assert(
      fc.property(part, ([one, other, added]) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)]
        const changed = Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(to)])
        return changed.equals(bytes) || isCaught(changed)
      }),
      { numRuns: 1_000 },
    )
  })

  const text = bytes.toString()
  it.each([
    ['a byte order mark', `\uFEFF${text}`],
    ['CRLF', text.replace('\n', '\r\n')],
    ['no end of the line', text.trimEnd()],
    ['another end of the line', `${text}\n`],
    ['a space', text.replace(':', ': ')],
    ['indentation', JSON.stringify(JSON.parse(text), null, 2)],
    ['a member twice', text.replace('{', `{${/"[^"]+":"[^"]*"/.exec(text)?.[0]},`)],
    ['a member more', text.replace('{', '{"__proto__":1,')],
    [
      'another order',
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).toReversed())),
    ],
    ['an escape', text.replace('a', String.raw`\u0061`)],
    ['nothing', ''],
    ['null', 'null\n'],
    ['brackets without end', '['.repeat(200_000)],
  ])('is not verified with %s', (_, changed) => {
    expect(changed).not.toBe(text)
    expect(isCaught(Buffer.from(changed))).toBe(true)
  })
})
