import { UsageError, valueOf, type Given } from './arguments.ts'
import type { CliProcess } from './process.ts'
import { printable } from './text.ts'

/** Who tells the exporter something, and why: the ledger keeps both. */
export interface Author {
  readonly actor: string
  readonly reason: string
}

/**
 * From flags and environment.
 * @param by what stands for the reason when none is given
 * @param nobody what stands for the actor when nobody is named; without it, that is a fault
 */
export function authorFrom(given: Given, env: CliProcess['env'], by: string, nobody?: string): Author {
  const actor = [valueOf(given, 'actor'), env['CARACAL_GATE_ACTOR'], env['USER'], nobody].find(Boolean)
  if (actor === undefined)
    throw new UsageError('nobody is named who says so: give --actor NAME or CARACAL_GATE_ACTOR')
  return { actor: words(actor, '--actor'), reason: words(valueOf(given, 'reason') ?? by, '--reason') }
}

function words(text: string, option: string): string {
  const line = printable(text, 1_000)
  if (line === '' || line.length > 300)
    throw new UsageError(`${option} is empty or too long; allowed: 1 to 300 characters`)
  return line
}
