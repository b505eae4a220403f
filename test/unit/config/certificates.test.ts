import { describe, expect, it } from 'vitest'
import { certificateAuthority } from '../../../rig/certificate-authority.ts'
import { revealed } from '../../../src/config/secret.ts'
import { load, testFaults, withLines, withPostgres, withRedis } from './loading.ts'

const authority = certificateAuthority()
const one = authority.issue('one')
const other = authority.issue('other')
const files = {
  '/t/ca.crt': authority.ca,
  '/t/one.crt': one.cert,
  '/t/one.key': one.key,
  '/t/other.key': other.key,
  '/t/nonsense': 'nonsense',
}
const at = '/etc/gate/gate.yaml'
const certificates = 'a readable PEM file with certificates'

describe('certificates and keys', () => {
  it('are read as PEM texts', async () => {
    const yaml = withRedis(
      '{ url: rediss://r:1, tls: { caFile: /t/ca.crt, certFile: /t/one.crt, keyFile: /t/one.key } }',
    )
    const { config: held, files: read } = await load({
      yaml: yaml.replace('caracal }', 'caracal, tls: { caFile: /t/ca.crt, servername: db } }'),
      files,
      flags: { set: ['tls.caFile=/t/ca.crt', 'http.tls.certFile=/t/one.crt', 'http.tls.keyFile=/t/one.key'] },
    })
    const config = revealed(held)
    const ca = authority.ca.trim()
    const identity = { cert: one.cert.trim(), key: one.key.trim() }
    expect(config.tls).toEqual({ ca })
    expect(config.redis.tls).toEqual({ ca, ...identity })
    expect(config.postgres.tls).toEqual({ ca, servername: 'db' })
    expect(config.http.tls).toEqual(identity)
    expect([...read.keys()]).toEqual([at, '/t/ca.crt', '/t/one.crt', '/t/one.key'])
  })

  testFaults([
    {
      says: 'a certificate authority that is none',
      yaml: withLines('tls: { caFile: /t/nonsense }\n'),
      files,
      faults: [
        `${at}:1:8: tls.caFile is "/t/nonsense", which holds no certificate; allowed: ${certificates}`,
      ],
    },
    {
      says: 'a file that is not there',
      yaml: withLines('tls: { caFile: /t/nowhere }\n'),
      files,
      faults: [`${at}:1:8: tls.caFile is "/t/nowhere", which does not exist; allowed: ${certificates}`],
    },
    {
      says: 'a certificate in place of the key',
      yaml: withLines('http: { tls: { certFile: /t/one.crt, keyFile: /t/one.crt } }\n'),
      files,
      faults: [
        `${at}:1:38: http.tls.keyFile is "/t/one.crt", which holds no usable private key; allowed: a readable PEM file with a private key that needs no passphrase`,
      ],
    },
    {
      says: 'the key of another certificate',
      yaml: withLines('http: { tls: { certFile: /t/one.crt, keyFile: /t/other.key } }\n'),
      files,
      faults: [
        `${at}:1:38: http.tls.keyFile does not belong to the certificate of certFile; allowed: the key of the certificate`,
      ],
    },
    {
      says: 'a client certificate without its key',
      yaml: withPostgres('{ url: postgres://u@h/d, tls: { certFile: /t/one.crt } }'),
      files,
      faults: [
        `${at}:9:43: postgres.tls.certFile is given without keyFile; allowed: certFile and keyFile together, or neither`,
      ],
    },
    {
      says: 'a server certificate without its key',
      yaml: withLines('http: { tls: { certFile: /t/one.crt } }\n'),
      files,
      faults: [`${at}:1:9: http.tls.keyFile is missing; allowed: the path of a PEM file with a private key`],
    },
  ])
})
