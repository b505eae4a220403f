import * as z from 'zod'
import { durationText } from '../core/duration.ts'
import { mapLimits, type LevelLimit, type Limit, type Limits } from '../rules/limits.ts'
import { duration, ratio, whole } from './fields.ts'

const MOST = 1_000_000_000

function contradicted({ trip, clear }: LevelLimit, context: z.RefinementCtx): void {
  if (clear <= trip) return
  const message = `at most trip, which is ${trip}`
  context.addIssue({ code: 'custom', path: ['clear'], message, params: { value: clear } })
}

function schemaOf({ kind, standard, words }: Limit<number> | Limit<LevelLimit>): z.ZodType {
  if (typeof standard === 'number')
    return kind === 'span'
      ? duration(words).prefault(durationText(standard))
      : whole(words, 0, MOST).default(standard)
  const number = (about: string) => (kind === 'ratio' ? ratio(about) : whole(about, 0, MOST))
  return z
    .strictObject({
      trip: number(`A breach begins above this ${words}.`).default(standard.trip),
      clear: number(`A breach ends at or below this ${words}; at most \`trip\`.`).default(standard.clear),
    })
    .superRefine(contradicted)
    .prefault({})
}

/** Every limit of the table of limits, over its default. */
export const limitsSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(mapLimits(schemaOf)).map(([section, limits]) => [
        section,
        z.strictObject(limits).prefault({}),
      ]),
    ),
  )
  .prefault({}) as unknown as z.ZodType<Limits>
