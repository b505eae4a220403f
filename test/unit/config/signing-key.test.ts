import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { exportsOf } from '../../../src/daemon/exports.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { nothingRemembered } from '../../../src/rollout/memory.ts'
import { newKey } from '../../support/exported-rollout.ts'
import { smallRules } from '../core/small-rules.ts'
import { load, testFaults, withLines } from './loading.ts'

const yaml = withLines('exports: { signingKeyFile: /k/gate.key }\n')
const key = newKey()
const rsa = generateKeyPairSync('rsa', {
  modulusLength: 1_024,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

describe('the key that signs exports', () => {
  it('R233: signs as the key that it is, is never shown, and another one takes its place with a reload', async () => {
    const next = newKey()
    const keyids = []
    for (const { privateKey } of [key, next]) {
      const { config, shown, files } = await load({ yaml, files: { '/k/gate.key': privateKey } })
      expect(JSON.stringify(shown)).toContain('"exports":{"signingKey":"<redacted>"}')
      expect(JSON.stringify(shown)).not.toContain('PRIVATE')
      expect([...files.keys()]).toContain('/k/gate.key')
      const rules = smallRules()
      const engine = {
        memory: () => nothingRemembered,
        current: () => initialSnapshot(0, rules),
        rules: () => rules,
      }
      keyids.push(exportsOf(engine, config).signer?.keyid)
    }
    expect(keyids).toEqual([key.names.keyid, next.names.keyid])
  })

  testFaults([
    {
      says: 'is of another kind',
      yaml,
      files: { '/k/gate.key': rsa.privateKey },
      faults: [
        '/etc/gate/gate.yaml:1:12: exports.signingKeyFile holds a key of type rsa; allowed: an ed25519 key, as `openssl genpkey -algorithm ed25519` makes it',
      ],
    },
    {
      says: 'is a public one',
      yaml,
      files: { '/k/gate.key': key.publicKey },
      faults: [
        '/etc/gate/gate.yaml:1:12: exports.signingKeyFile is "/k/gate.key", which holds no usable private key; allowed: a readable PEM file with a private key that needs no passphrase',
      ],
    },
    {
      says: 'is not there',
      yaml,
      files: {},
      faults: [
        '/etc/gate/gate.yaml:1:12: exports.signingKeyFile is "/k/gate.key", which does not exist; allowed: a readable PEM file with a private key that needs no passphrase',
      ],
    },
  ])
})
