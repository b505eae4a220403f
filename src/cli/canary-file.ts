import fs from 'node:fs'
import { codeOf } from '../core/text.ts'
import { UsageError } from './options.ts'
import { printable } from './text.ts'

/** Larger than any list of replicas. */
const longest = 64 * 1024

/**
 * The texts of a YAML file: a text or a list of texts for each key.
 * @throws UsageError
 */
export async function fileOf(path: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const shown = printable(path, 200)
  const text = await fs.promises.readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`--config: ${shown} cannot be read (${codeOf(error) ?? 'no access'})`)
  })
  if (text.length > longest) throw new UsageError(`${shown} is larger than ${longest / 1024} KiB`)
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { prettyErrors: false })
  const [fault] = document.errors
  if (fault !== undefined)
    throw new UsageError(`${shown} is no YAML: ${printable(fault.code.toLowerCase(), 60)}`)
  const value: unknown = document.toJS({ maxAliasCount: 20 }) ?? {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${shown} holds no keys with values`)
  return Object.fromEntries(Object.entries(value).map(([key, given]) => [key, textsOf(given, key, shown)]))
}

function textsOf(value: unknown, key: string, path: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map((one) => {
    if (typeof one === 'string' || typeof one === 'number') return String(one)
    throw new UsageError(`${printable(key, 60)} in ${path} is neither a text nor a list of texts`)
  })
}
