import { nothingMade, worst } from '../../../src/sql/effects.ts'
import { readScript } from '../../../src/sql/script.ts'
import { effectOf } from '../../../src/sql/statements.ts'

/** What a script means: the kind and the words of the worst of its statements, or `adds`. */
export async function meaningOf(sql: string): Promise<string> {
  const made = nothingMade()
  const { parts } = await readScript(sql)
  const effect = worst(parts.map((part) => effectOf(part, made)))
  return effect.kind === 'adds' ? 'adds' : `${effect.kind}: ${effect.what}`
}
