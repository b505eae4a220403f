import { afterAll, expect, it } from 'vitest'
import type { Envelope } from '../../src/contract/exports.ts'
import { startClient } from '../support/clients/program.ts'
import { doneRollout, fileOf, newKey } from '../support/exported-rollout.ts'

// Our envelopes, as the library reads them that in-toto and cosign use.

const library = startClient('dsse-0.9.1')
afterAll(() => library.end())

const key = newKey()
const file = fileOf(doneRollout().exports(key.signer))
const envelope = JSON.parse(file) as Envelope

function asked(about: Envelope, publicKey = key.publicKey) {
  return library.ask({ envelope: about, key: publicKey, keyid: key.names.keyid })
}

it('R230: an export is accepted by another verifier, with the statement that it holds', async () => {
  const payload = Buffer.from(envelope.payload, 'base64').toString()
  expect(await asked(envelope)).toEqual({ accepted: true, payload })
  expect(JSON.parse(payload)).toMatchObject({ _type: 'https://in-toto.io/Statement/v1' })
})

it('R230: one that was changed, of another type or by another key is refused by it', async () => {
  const bytes = Buffer.from(envelope.payload, 'base64')
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
  const refused = { accepted: false, error: expect.any(String) as string }
  expect(await asked({ ...envelope, payload: bytes.toString('base64') })).toEqual(refused)
  expect(await asked({ ...envelope, payloadType: 'application/json' as never })).toEqual(refused)
  expect(await asked(envelope, newKey().publicKey)).toEqual(refused)
})
