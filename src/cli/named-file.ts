import fs from 'node:fs'
import { codeOf } from '../core/text.ts'
import { UsageError } from './options.ts'
import { printable } from './text.ts'

/**
 * The text of a file that an option names.
 * @throws UsageError when it cannot be read
 */
export async function textOf(file: string, option: string): Promise<string> {
  try {
    return await fs.promises.readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(
      `${option}: ${printable(file, 200)} cannot be read (${codeOf(error) ?? 'no access'})`,
    )
  }
}
