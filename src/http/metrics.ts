import { exposition, type Format } from './exposition.ts'
import { measurements } from './measurement-metrics.ts'
import type { Scrape } from './samples.ts'
import { selfMetrics } from './self-metrics.ts'
import { verdictMetrics } from './verdict-metrics.ts'

/** All metrics as of the snapshot, made anew for each scrape: what has gone leaves no series behind. */
export function renderMetrics(scrape: Scrape, format: Format): string {
  return exposition(
    [...verdictMetrics(scrape), ...measurements(scrape.snapshot), ...selfMetrics(scrape)],
    format,
  )
}

/** What can be said before anything was evaluated: that the daemon is there. */
export function renderSelf(scrape: Omit<Scrape, 'report'>, format: Format): string {
  return exposition(selfMetrics(scrape), format)
}
