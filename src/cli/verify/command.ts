import { readConfigFile, readProblem } from '../../config/files.ts'
import { namesOfKey, type Names } from '../../proof/envelope.ts'
import type { Values } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../options.ts'
import type { CliProcess } from '../process.ts'
import { printable, printableJson } from '../text.ts'
import type { verifyOptions } from '../verify.ts'
import { findingsOf, linesOf } from './telling.ts'
import { verified } from './verified.ts'

/** `caracal-gate verify`: whether a file proves what it says. */
export async function runVerify(
  { stdout, stderr }: Pick<CliProcess, 'stdout' | 'stderr'>,
  { key: keyFile, output }: Values<typeof verifyOptions>,
  file: string,
): Promise<number> {
  const key = keyFile === undefined ? undefined : keyIn(keyFile, await contentOf('--key', keyFile))
  const result = verified(await contentOf('FILE', file), key)
  if (output === 'json') stdout.write(`${printableJson(findingsOf(result))}\n`)
  else if (result.ok) stdout.write(`${linesOf(result).join('\n')}\n`)
  else
    stderr.write(`not verified: ${printable(file, 200)}: ${printable(`${result.where} ${result.problem}`)}\n`)
  if (!result.ok) return exitCodes.notVerified
  return result.signedBy === 'key' ? exitCodes.proceed : exitCodes.unproven
}

async function contentOf(name: string, file: string): Promise<Uint8Array> {
  try {
    return await readConfigFile(file)
  } catch (error) {
    throw new UsageError(`${name} is "${printable(file, 200)}", ${readProblem(error)}`)
  }
}

function keyIn(file: string, bytes: Uint8Array): Names {
  const text = Buffer.from(bytes).toString('utf8')
  const allowed = 'a PEM file with an ed25519 public key: openssl pkey -in key.pem -pubout'
  const given = `--key is "${printable(file, 200)}"`
  if (text.includes('PRIVATE KEY'))
    throw new UsageError(`${given}, which holds a private key; allowed: ${allowed}`)
  try {
    return namesOfKey(text)
  } catch {
    throw new UsageError(`${given}, which holds no ed25519 key; allowed: ${allowed}`)
  }
}
