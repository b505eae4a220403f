import {
  flag,
  listOf,
  nullable,
  quantity,
  record,
  ShapeError,
  text,
  time,
  verbatim,
  type Read,
} from './shape.ts'
import { clockTime, printable } from './text.ts'

const fields = {
  id: nullable(verbatim),
  phase: text,
  startedAt: nullable(time),
  finishedAt: nullable(time),
  detectedBy: nullable(text),
  actor: nullable(text),
  reason: nullable(text),
  revision: nullable(text),
  chart: nullable(text),
}

const rollout = record(fields)

const ledgerLine = record({
  sequence: quantity,
  at: time,
  kind: text,
  subject: text,
  message: text,
  actor: nullable(text),
  reason: nullable(text),
})

const latch = record({
  at: time,
  message: text,
  preexisting: flag,
  acknowledged: nullable(record({ actor: text, reason: text, at: time })),
})

export const story = record({
  ...fields,
  stops: listOf(record({ stopCondition: text, latch })),
  ledger: listOf(ledgerLine),
})

export const rolloutList = record({ rollouts: listOf(rollout) })

/** A rollout as the history has it; times in milliseconds since the Unix epoch. */
export type Rollout = Read<typeof rollout>
/** One with what was latched in it and its ledger. */
export type Story = Read<typeof story>

/** What a value says as a rollout, or undefined when it is none. */
function rolloutIn(value: unknown): Rollout | undefined {
  try {
    return rollout(value, '')
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

/** The rollout of this id that an answer to a command is about; a document about the verdict has one as well. */
export function toldOf(id: string, answer: Readonly<Record<string, unknown>>): Rollout | undefined {
  const told = 'verdict' in answer ? undefined : rolloutIn(answer['rollout'])
  return told?.id === id ? told : undefined
}

/** `rolling since 20:05:00Z, declared by ann`. */
export function rolloutInWords(known: Rollout | undefined): string {
  if (known === undefined) return 'nothing more is known'
  const { phase, startedAt, finishedAt, detectedBy, actor } = known
  const since = startedAt === null ? '' : ` since ${clockTime(new Date(startedAt))}`
  const ended = finishedAt === null ? '' : `, ended at ${clockTime(new Date(finishedAt))}`
  const how =
    detectedBy === null ? '' : `, ${detectedBy}${actor === null ? '' : ` by ${printable(actor, 100)}`}`
  return `${phase}${finishedAt === null ? since : ''}${ended}${how}`
}
