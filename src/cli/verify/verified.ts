import { isUtf8 } from 'node:buffer'
import type * as z from 'zod'
import { exportEnvelope, exportStatement, type Envelope, type Statement } from '../../contract/exports.ts'
import { exportLimit } from '../../contract/wire.ts'
import { canonical } from '../../proof/digest.ts'
import { fileText, isSignedBy, namesIn, type Names } from '../../proof/envelope.ts'
import { wrongIn } from './consistency.ts'
import type { Wrong } from './wrong.ts'

/** What a file proves. */
export interface Proven {
  readonly statement: Statement
  /**
   * Whose signature it has: of the `key` that was given, of the key that the file itself names, which anyone may have
   * made, or `none`.
   */
  readonly signedBy: 'key' | 'itself' | 'none'
}

export type Verified = ({ readonly ok: true } & Proven) | ({ readonly ok: false } & Wrong)

/** Verifies an exported rollout by itself, and by the key that must have signed it, if one is given. */
export function verified(bytes: Uint8Array, key?: Names): Verified {
  const read = documentIn(bytes)
  if ('problem' in read) return { ok: false, ...read }
  const { statement, envelope } = read
  const wrong = wrongSignature(statement, envelope, key) ?? wrongIn(statement)
  if (wrong !== undefined) return { ok: false, ...wrong }
  const signedBy = envelope === undefined ? 'none' : key === undefined ? 'itself' : 'key'
  return { ok: true, statement, signedBy }
}

interface Read {
  readonly statement: Statement
  readonly envelope?: Envelope
}

function documentIn(bytes: Uint8Array): Read | Wrong {
  if (bytes.byteLength > exportLimit)
    return {
      where: 'the file',
      problem: `has ${bytes.byteLength} bytes; an export has at most ${exportLimit}`,
    }
  const value = jsonIn(bytes, 'the file')
  if (isWrong(value)) return value
  if (!Object.hasOwn(Object(value.json), 'payloadType')) {
    const statement = formed(exportStatement, value.json, '')
    if (isWrong(statement)) return statement
    return otherBytes(bytes, fileText(statement.data), 'the file') ?? { statement: statement.data }
  }
  const envelope = formed(exportEnvelope, value.json, '')
  if (isWrong(envelope)) return envelope
  const payload = Buffer.from(envelope.data.payload, 'base64')
  const inside = jsonIn(payload, 'the payload')
  if (isWrong(inside)) return inside
  const statement = formed(exportStatement, inside.json, 'payload: ')
  if (isWrong(statement)) return statement
  return (
    otherBytes(bytes, fileText(envelope.data), 'the file') ??
    otherBytes(payload, canonical(statement.data), 'the payload') ??
    (payload.toString('base64') === envelope.data.payload
      ? { statement: statement.data, envelope: envelope.data }
      : { where: 'payload', problem: 'is not written as Base64 is' })
  )
}

function isWrong(value: object): value is Wrong {
  return 'problem' in value
}

function jsonIn(bytes: Uint8Array, where: string): { readonly json: unknown } | Wrong {
  if (!isUtf8(bytes)) return { where, problem: 'is not UTF-8' }
  try {
    return { json: JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown }
  } catch (error) {
    return { where, problem: `is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function formed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: string,
): { readonly data: z.output<Schema> } | Wrong {
  const { data, error } = schema.safeParse(value)
  if (data !== undefined) return { data }
  const [issue] = error?.issues ?? []
  const where = `${at}${issue?.path.join('.') ?? ''}`
  return {
    where: where === at ? `${at}the document` : where,
    problem: `is not of the form: ${issue?.message ?? ''}`,
  }
}

/** Every byte counts: a value can be written in many ways, and an export in one. */
function otherBytes(bytes: Uint8Array, expected: string, where: string): Wrong | undefined {
  const wanted = Buffer.from(expected)
  if (wanted.equals(bytes)) return undefined
  const at = wanted.findIndex((byte, n) => byte !== bytes[n])
  const place = at < 0 ? wanted.byteLength : at
  return { where: `${where}, byte ${place}`, problem: 'is not as the exporter writes it' }
}

function wrongSignature(
  { predicate: { signer } }: Statement,
  envelope: Envelope | undefined,
  key: Names | undefined,
): Wrong | undefined {
  if (envelope === undefined) {
    if (signer !== null) return { where: 'the signature', problem: `by ${signer.keyid} was removed` }
    return key === undefined
      ? undefined
      : { where: 'the signature', problem: 'is missing: the export is not signed' }
  }
  const [first] = envelope.signatures
  const keyid = first?.keyid ?? ''
  if (key !== undefined && keyid !== key.keyid)
    return { where: 'signatures.0.keyid', problem: `is ${keyid}; the key that was given is ${key.keyid}` }
  if (signer === null || signer.keyid !== keyid)
    return { where: 'predicate.signer', problem: `is not ${keyid}, the key of the signature` }
  return wrongSigner(signer, envelope, key)
}

function wrongSigner(signer: Names, envelope: Envelope, key: Names | undefined): Wrong | undefined {
  const found = key ?? namesIn(signer.publicKey)
  if (found?.keyid !== signer.keyid || found.publicKey !== signer.publicKey)
    return { where: 'predicate.signer', problem: 'has a key and an id that do not belong together' }
  const { sig = '' } = envelope.signatures[0] ?? {}
  if (Buffer.from(sig, 'base64').toString('base64') !== sig || !isSignedBy(envelope, signer.publicKey))
    return { where: 'signatures.0.sig', problem: `is not that of ${signer.keyid} over this payload` }
  return undefined
}
