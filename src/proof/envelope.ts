import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { Envelope } from '../contract/exports.ts'
import { payloadType } from '../contract/wire.ts'
import { canonical, sha256 } from './digest.ts'

/** What names a public key. */
export interface Names {
  /** Hex SHA-256 of the public key, as DER of its SubjectPublicKeyInfo. */
  readonly keyid: string
  /** The same DER as Base64. */
  readonly publicKey: string
}

/** A key that signs. */
export interface Signer extends Names {
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/**
 * Signs by a private key.
 * @param pem PKCS#8, ed25519
 * @throws TypeError when it is another key
 */
export function signerOf(pem: string): Signer {
  const key = createPrivateKey(pem)
  const { keyid, publicKey } = namesOf(createPublicKey(key))
  return { keyid, publicKey, sign: (bytes) => sign(null, bytes, key) }
}

/**
 * The names of a public key in PEM.
 * @throws Error when it is none, or another than ed25519
 */
export function namesOfKey(pem: string): Names {
  return namesOf(createPublicKey(pem))
}

/** The names of a public key from its DER as Base64; undefined when it is none. */
export function namesIn(publicKey: string): Names | undefined {
  try {
    return namesOf(createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' }))
  } catch {
    return undefined
  }
}

function namesOf(key: KeyObject): Names {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new TypeError(`it is a key of type ${key.asymmetricKeyType ?? 'unknown'}`)
  const der = key.export({ type: 'spki', format: 'der' })
  return { keyid: sha256(der), publicKey: der.toString('base64') }
}

/** What is signed: DSSE's pre-authentication encoding, so that no payload of one type passes for one of another. */
function encoded(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `),
    payload,
  ])
}

/** A text in an envelope, signed. */
export function sealed(text: string, signer: Signer): Envelope {
  const payload = Buffer.from(text)
  const signature = Buffer.from(signer.sign(encoded(payloadType, payload)))
  return {
    payload: payload.toString('base64'),
    payloadType,
    signatures: [{ keyid: signer.keyid, sig: signature.toString('base64') }],
  }
}

/** Whether the payload was signed by the key. @param publicKey Base64 of the DER */
export function isSignedBy(
  { payload, payloadType: type, signatures: [first] }: Envelope,
  publicKey: string,
): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
  const bytes = Buffer.from(payload, 'base64')
  return verify(null, encoded(type, bytes), key, Buffer.from(first?.sig ?? '', 'base64'))
}

/** A document as it is written into a file: its one text, and the end of the line. */
export function fileText(document: unknown): string {
  return `${canonical(document)}\n`
}
