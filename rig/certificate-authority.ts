import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

/** PEM texts of a certificate and its key. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

/** A certificate authority that exists for one test. */
export interface Authority {
  /** PEM text of its own certificate. */
  readonly ca: string
  /** A certificate for a server of this DNS name. */
  issue(name: string): Identity
}

// Object identifiers in DER.
const ecdsaWithSha256 = Buffer.from('06082a8648ce3d040302', 'hex')
const commonName = Buffer.from('0603550403', 'hex')
const basicConstraints = Buffer.from('0603551d13', 'hex')
const subjectAltName = Buffer.from('0603551d11', 'hex')

/** Makes an authority. Node can sign but has no certificates, so the few bytes of X.509 are written here. */
export function certificateAuthority(name = 'Test Authority'): Authority {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const isAuthority = sequence(basicConstraints, octets(sequence(der(0x01, Buffer.from([0xff])))))
  const ca = certificate(name, name, root.publicKey, root.privateKey, isAuthority)
  return {
    ca,
    issue(host) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const names = sequence(subjectAltName, octets(sequence(der(0x82, Buffer.from(host)))))
      return {
        cert: certificate(name, host, pair.publicKey, root.privateKey, names),
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }
    },
  }
}

let serial = 0

function certificate(
  issuer: string,
  subject: string,
  publicKey: KeyObject,
  signer: KeyObject,
  extension: Buffer,
): string {
  serial += 1
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([serial])),
    sequence(ecdsaWithSha256),
    distinguishedName(issuer),
    sequence(der(0x18, Buffer.from('20200101000000Z')), der(0x18, Buffer.from('21200101000000Z'))),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, signer))
  const whole = sequence(body, sequence(ecdsaWithSha256), signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${whole.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(name)))))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function octets(content: Buffer): Buffer {
  return der(0x04, content)
}

/** Tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
