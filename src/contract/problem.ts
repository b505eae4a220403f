import * as z from 'zod'
import { problems, problemType, type ProblemCode } from './wire.ts'

const codes = Object.keys(problems) as ProblemCode[]

const fault = z.object({ parameter: z.string(), value: z.string(), allowed: z.string() })
export type Fault = z.infer<typeof fault>

/** An error in the form of RFC 9457, with what was wrong and what is allowed. */
export const problem = z.object({
  type: z.enum(codes.map(problemType)).describe('Which problem it is; clients switch on this.'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  allowed: z.array(z.string()).readonly().describe('Ids or methods that are valid.').exactOptional(),
  faults: z.array(fault).readonly().exactOptional(),
})
export type Problem = z.infer<typeof problem>
