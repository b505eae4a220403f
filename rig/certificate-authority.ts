import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

/** PEM texts of a certificate and its key. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

/** What a certificate says beside its name. */
export interface IssueOptions {
  /** The subject's organization: Kubernetes takes it for the group of a client. */
  readonly organization?: string
  /** IPv4 addresses that the certificate is good for too. */
  readonly addresses?: readonly string[]
  /** Year in whose first second it expires; far away without it. */
  readonly expires?: number
  /** Year in whose first second it becomes valid; 2020 without it. */
  readonly begins?: number
}

/** A certificate authority that exists for one test. */
export interface Authority {
  /** PEM text of its own certificate. */
  readonly ca: string
  /** PEM text of its own key, for a server that signs certificates itself. */
  readonly caKey: string
  /** A certificate for a server of this DNS name, or for a client of this name. */
  issue(name: string, options?: IssueOptions): Identity
}

// Object identifiers in DER.
const ecdsaWithSha256 = Buffer.from('06082a8648ce3d040302', 'hex')
const commonName = Buffer.from('0603550403', 'hex')
const organizationName = Buffer.from('060355040a', 'hex')
const basicConstraints = Buffer.from('0603551d13', 'hex')
const subjectAltName = Buffer.from('0603551d11', 'hex')

/** Makes an authority. Node can sign but has no certificates, so the few bytes of X.509 are written here. */
export function certificateAuthority(name = 'Test Authority'): Authority {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const isAuthority = sequence(basicConstraints, octets(sequence(der(0x01, Buffer.from([0xff])))))
  const issuer = distinguishedName(name)
  return {
    ca: certificate(issuer, issuer, root.publicKey, root.privateKey, isAuthority),
    caKey: pemOf(root.privateKey),
    issue(host, { organization, addresses = [], expires, begins } = {}) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const numbers = addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number))))
      const names = sequence(subjectAltName, octets(sequence(der(0x82, Buffer.from(host)), ...numbers)))
      const subject = distinguishedName(host, organization)
      return {
        cert: certificate(issuer, subject, pair.publicKey, root.privateKey, names, expires, begins),
        key: pemOf(pair.privateKey),
      }
    },
  }
}

// Two bytes that DER takes for a positive number without a byte too many.
let serial = 0x1000

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function certificate(
  issuer: Buffer,
  subject: Buffer,
  publicKey: KeyObject,
  signer: KeyObject,
  extension: Buffer,
  expires = 2120,
  begins = 2020,
): string {
  serial += 1
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([serial >> 8, serial & 0xff])),
    sequence(ecdsaWithSha256),
    issuer,
    sequence(der(0x18, Buffer.from(`${begins}0101000000Z`)), der(0x18, Buffer.from(`${expires}0101000000Z`))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, signer))
  const whole = sequence(body, sequence(ecdsaWithSha256), signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${whole.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
}

function distinguishedName(name: string, organization?: string): Buffer {
  const group = organization === undefined ? [] : [namePart(organizationName, organization)]
  return sequence(...group, namePart(commonName, name))
}

function namePart(kind: Buffer, value: string): Buffer {
  return der(0x31, sequence(kind, der(0x0c, Buffer.from(value))))
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
