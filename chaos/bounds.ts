import type { Bound } from './kind.ts'

/**
 * What is polled is looked at every 100 to 500 ms while brisk, with time-outs of at most 800 ms, and every 3 to 5 s
 * while quiet; the second that is added is an evaluation. `grows` is how long the fault itself takes to show.
 */
export function polled(grows = 0): Bound {
  return {
    brisk: grows + 2_500,
    quiet: grows + 6_500,
    source: 'the paces in src/probes: at most 500 ms brisk and 5 s quiet, a time-out of 0.8 s, an evaluation',
  }
}

/** Migrations are looked at every second while brisk, every 10 s while quiet. */
export const migrationsLooked: Bound = {
  brisk: 3_000,
  quiet: 12_000,
  source: 'src/probes/schema-migrations.ts: 1 s brisk, 10 s quiet, a time-out of 0.8 s, an evaluation',
}

/** The daemon received it, or starts again: it knows before it answers. */
export const atOnce: Bound = {
  brisk: 0,
  quiet: 0,
  source: 'docs/operate/state.md: state that cannot be trusted is known from the start',
}

/** After the last fault: the slowest look (API and Coordinator, 5 s and 5.5 s), a level's 5 s, the steady time of 2 s. */
export const recovers = {
  within: 25_000,
  source:
    'src/probes/ready-endpoint.ts: 5 s and a time-out of 5.5 s; src/rules/stops.ts: 5 s; the configuration: 2 s',
}

/** A fault may show in a stop condition after its end: the hold that ran, and the look that was under way. */
export const explainsAfter = 8_000

/** The daemon follows its clock at its next step, which comes within a second (docs/internals/decisions.md), and the library that lies a little later. */
export const clockFollowedWithin = 1_500

/** The chart's memory limit (helm/values.yaml), bytes. */
export const memoryLimit = 384 * 1_024 * 1_024

/** Descriptors above those of the first calm that a later calm may have: one connection more for each target. */
export const descriptorsMore = 40
export const threadsMore = 4

/** `/healthz` does nothing but answer. */
export const healthWithin = 1_000
