import { describe, expect, it } from 'vitest'
import { verified } from '../../../../src/cli/verify/verified.ts'
import { canonical } from '../../../../src/proof/digest.ts'
import { fileText, sealed } from '../../../../src/proof/envelope.ts'
import { doneRollout, fileOf, newKey } from '../../../support/exported-rollout.ts'
import { edited, forgedOf, to, without, type Edit } from '../../../support/forging.ts'

const daemon = doneRollout()
const key = newKey()

const file = fileOf(daemon.exports())
const forged = (path: string, edit: Edit) => forgedOf(file, path, edit)

function wrong(bytes: Uint8Array, by?: typeof key.names): string {
  const result = verified(bytes, by)
  return result.ok ? 'nothing' : `${result.where} ${result.problem}`
}

describe('R232: a forged export', () => {
  it.each<[string, string, Edit, string]>([
    [
      'a word of the ledger',
      'predicate/ledger/0/2/detail',
      to('all is well'),
      'predicate.ledger.0.2 (line 6) does not have the hash of what it says',
    ],
    [
      'a line less',
      'predicate/ledger/0',
      without(2),
      'predicate.ledger.0.2 (line 7) is not chained to the line before it',
    ],
    [
      'a time of a line',
      'predicate/ledger/0/1/at',
      to('2026-11-22T20:00:11.000Z'),
      'predicate.ledger.0.1 (line 5) has two different times',
    ],
    [
      'a chain in two',
      'predicate/ledger',
      (chains) => [0, 4].map((from) => (chains as unknown[][])[0]?.slice(from, from + 4)),
      'predicate.lacking does not name the ledger, which is not one chain',
    ],
    [
      'chains in another order',
      'predicate/ledger',
      (chains) => [4, 0].map((from) => (chains as unknown[][])[0]?.slice(from, from + 4)),
      'predicate.ledger.1.0 (line 4) is not in its order',
    ],
    [
      'what evidence says',
      'predicate/evidence/0/content',
      (text) => String(text).replace('says ci', 'says ann'),
      'predicate.evidence.0 (manifest-digest) does not have the digest of its content',
    ],
    [
      'a verdict less',
      'predicate/verdicts',
      without(1),
      'predicate.verdicts do not have stop, as line 6 of the ledger',
    ],
    [
      'another verdict',
      'predicate/verdicts/1/verdict',
      to('proceed'),
      'predicate.verdicts do not have stop, as line 6 of the ledger',
    ],
    [
      'verdicts in another order',
      'predicate/verdicts',
      (all) => (all as unknown[]).toReversed(),
      'predicate.verdicts.1 is not in the order of time',
    ],
    [
      'a new image',
      'predicate/images/0/digest',
      to(`sha256:${'0'.repeat(64)}`),
      'subject is not what the rollout and its images come to',
    ],
    ['a subject', 'subject/1/name', to('sts/sts'), 'subject is not what the rollout and its images come to'],
    [
      'its end',
      'predicate/asOf',
      to('2026-11-22T20:00:11.000Z'),
      'predicate.complete contradicts what is lacking',
    ],
    [
      'who judged',
      'predicate/judgedBy',
      to(null),
      'predicate.lacking does not name judgedBy, which is not there',
    ],
    ['its lives', 'predicate/rollout/lives', to([]), 'predicate.rollout.lives do not have this rollout'],
    [
      'a member more',
      'predicate/approved',
      to(true),
      'predicate is not of the form: Unrecognized key: "approved"',
    ],
    ['a member less', 'predicate/stops', to(undefined), 'predicate.stops is not of the form'],
    [
      'another predicate',
      'predicateType',
      to('https://slsa.dev/provenance/v1'),
      'predicateType is not of the form',
    ],
  ])('with %s changed: what is wrong is named', (_, path, edit, problem) => {
    expect(wrong(forged(path, edit))).toContain(problem)
  })

  it('with its digest left as it was is caught by that', () => {
    const draft = edited(JSON.parse(file), ['predicate', 'release', 'name'], to('other'))
    expect(wrong(Buffer.from(fileText(draft)))).toBe('predicate.integrity is not the digest of the statement')
  })
})

describe('R233: a signature', () => {
  const statement = JSON.parse(fileOf(daemon.exports(key.signer))) as { payload: string }
  const payload = Buffer.from(statement.payload, 'base64').toString()

  it('proves an export by the key that was given, and by no other', () => {
    const bytes = Buffer.from(fileOf(daemon.exports(key.signer)))
    expect(verified(bytes, key.names)).toMatchObject({ ok: true, signedBy: 'key' })
    expect(verified(bytes)).toMatchObject({ ok: true, signedBy: 'itself' })
    const other = newKey().names
    expect(wrong(bytes, other)).toBe(
      `signatures.0.keyid is ${key.names.keyid}; the key that was given is ${other.keyid}`,
    )
  })

  it('can not be taken off', () => {
    expect(wrong(Buffer.from(`${payload}\n`))).toBe(`the signature by ${key.names.keyid} was removed`)
  })

  it('is missing where a key was given', () => {
    expect(wrong(Buffer.from(file), key.names)).toBe('the signature is missing: the export is not signed')
    expect(verified(Buffer.from(file))).toMatchObject({ ok: true, signedBy: 'none' })
  })

  it('of another key over the same statement is not that of the key that it names', () => {
    const other = newKey()
    const resealed = sealed(payload, other.signer)
    expect(wrong(Buffer.from(fileText(resealed)))).toBe(
      `predicate.signer is not ${other.names.keyid}, the key of the signature`,
    )
    const renamed = { ...resealed, signatures: [{ ...resealed.signatures[0], keyid: key.names.keyid }] }
    expect(wrong(Buffer.from(fileText(renamed)), key.names)).toBe(
      `signatures.0.sig is not that of ${key.names.keyid} over this payload`,
    )
  })

  it('covers the type of what it signs', () => {
    const { sig } = sealed(payload, key.signer).signatures[0] ?? { sig: '' }
    const bare = Buffer.from(key.signer.sign(Buffer.from(payload))).toString('base64')
    expect(bare).not.toBe(sig)
  })

  it('is over the very same text as without it, but for the name of the signer', () => {
    const [inside, outside] = [payload, file].map((text) =>
      ['signer', 'integrity'].reduce<unknown>(
        (draft, name) => edited(draft, ['predicate', name], to(null)),
        JSON.parse(text),
      ),
    )
    expect(canonical(inside)).toBe(canonical(outside))
  })
})

it('R230: two exports of a rollout that has ended are the same, byte for byte', () => {
  const before = fileOf(daemon.exports(key.signer))
  daemon.seconds(5)
  expect(fileOf(daemon.exports(key.signer))).toBe(before)
})
