import * as z from 'zod'
import { modes } from '../core/waiver.ts'
import { listOf, text, timestamp } from './fields.ts'

/** What is judged and does not count, as documents report it. */

/** How a gate, check or stop condition counts. */
export const counted = {
  mode: z
    .enum(modes)
    .describe('`enforce`: it counts. `shadow` and `overridden`: it is judged and shown, and does not count.'),
  modeUntil: timestamp.nullable().describe('When it counts again; null while it counts.'),
}

const notEnforced = z
  .object({
    ref: text.describe('Path in the document: `gates/x`, `gates/x/checks/y` or `stop-conditions/x`.'),
    mode: z.enum(modes).exclude(['enforce']),
    until: timestamp,
    would: z
      .enum(['hold', 'stop'])
      .nullable()
      .describe('What it would make of the verdict by itself, if it counted; null where nothing.'),
    wouldSince: timestamp.nullable(),
    actor: text.nullable().describe('Who overrides it; null for a shadow.'),
    reason: text.nullable(),
    since: timestamp.nullable().describe('When it was overridden; null for a shadow.'),
    latched: z.boolean().describe('The override also holds for what was latched before it.'),
    rollout: text.nullable().describe('The rollout that the override is for; null before that begins.'),
  })
  .describe('Something that does not count for the verdict.')
export type NotEnforced = z.infer<typeof notEnforced>

const expiredShadow = z
  .object({ ref: text, until: timestamp })
  .describe('Something that counts again, although the configuration still has it in shadow.')
export type ExpiredShadow = z.infer<typeof expiredShadow>

export const waiverLists = {
  notEnforced: listOf(notEnforced).describe('What does not count for the verdict now.'),
  expiredShadows: listOf(expiredShadow).describe(
    'Shadows of the configuration that are over: remove them, or give them a later end.',
  ),
}
