import { flag, listOf, nullable, record, ShapeError, text, time, verbatim } from './shape.ts'
import { printable } from './text.ts'

const statement = record({
  predicate: record({
    complete: flag,
    lacking: listOf(text),
    asOf: nullable(time),
    rollout: record({ id: verbatim, startedAt: text, lives: listOf(record({ startedAt: text })) }),
    signer: nullable(record({ keyid: text })),
  }),
})

/** What an export is of, in words; undefined when the text is no export. It is not verified. */
export function lifeIn(body: string): readonly string[] | undefined {
  try {
    const { predicate } = statement(statementIn(JSON.parse(body)), '')
    const { rollout, signer, complete, asOf, lacking } = predicate
    const { id, startedAt, lives } = rollout
    const missing = [...(asOf === null ? [] : ['it is under way']), ...lacking]
    const name = `rollout ${printable(id, 200)} of ${startedAt}`
    return [
      `exported ${name}, ${signer === null ? 'not signed' : `signed by ${signer.keyid}`}`,
      ...(lives.length > 1 ? [several(lives, startedAt)] : []),
      ...(complete ? [] : [`not complete: ${missing.join(', ')}`]),
    ]
  } catch (error) {
    if (error instanceof ShapeError || error instanceof SyntaxError) return undefined
    throw error
  }
}

function statementIn(document: unknown): unknown {
  const isEnvelope = typeof document === 'object' && document !== null && 'payload' in document
  if (!isEnvelope) return document
  const { payload } = document
  return JSON.parse(Buffer.from(typeof payload === 'string' ? payload : '', 'base64').toString('utf8'))
}

function several(lives: readonly { readonly startedAt: string }[], startedAt: string): string {
  const each = lives.map((life, n) => `${n + 1} (${life.startedAt})`)
  const own = lives.findIndex((life) => life.startedAt === startedAt) + 1
  return `${lives.length} rollouts of this id are remembered, and this is ${own}; --life takes ${each.join(', ')}`
}
