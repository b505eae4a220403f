import * as z from 'zod'
import { verdicts } from '../core/verdict.ts'

// What a state holds for exports.

const instant = z.number()

export const course = z.strictObject({
  turns: z.array(
    z.strictObject({
      at: instant,
      verdict: z.enum(verdicts),
      because: z.string(),
      refs: z.array(z.string()),
    }),
  ),
  cut: z.boolean(),
  notEnforced: z
    .array(
      z.strictObject({
        subject: z.string(),
        mode: z.enum(['shadow', 'overridden']),
        at: instant,
        until: instant,
        ended: instant.exactOptional(),
        actor: z.string().exactOptional(),
        reason: z.string().exactOptional(),
        latched: z.boolean(),
      }),
    )
    .exactOptional(),
})
/** @param line of the ledger */
export function proofOver<Line extends z.ZodType>(line: Line) {
  return z.strictObject({
    course,
    running: z.array(
      z.strictObject({
        component: z.string(),
        container: z.string(),
        role: z.string(),
        image: z.string(),
        digest: z.string().exactOptional(),
        digestOf: z.string().exactOptional(),
        revision: z.string(),
        runs: z.boolean(),
        replicas: z.array(z.string()),
      }),
    ),
    runningCut: z.boolean(),
    evidence: z.array(
      z.strictObject({
        check: z.string(),
        outcome: z.string(),
        issued: instant,
        expires: instant,
        digest: z.string().exactOptional(),
        content: z.string().exactOptional(),
        sha256: z.string(),
      }),
    ),
    between: z.array(line),
    judge: z.strictObject({ version: z.string(), configuration: z.string() }).exactOptional(),
  })
}
