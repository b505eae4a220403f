/** Sum of the samples of one family in a text exposition, whatever their labels; NaN where there is none. */
export function sumOf(exposition: string, name: string): number {
  const values = [...exposition.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/gm)]
    .filter(([, found]) => found === name)
    .map(([, , value]) => Number(value))
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0)
}

/** Milliseconds between two samples of the loop's delay, by `eventLoopMonitoringPrecision` of the daemon. */
const precision = 100

/**
 * The longest that the daemon's event loop was busy since the scrape before, in milliseconds: by how much a timer was late
 * at most. Each scrape begins the metric anew.
 */
export function turnIn(exposition: string): number {
  return Math.max(0, sumOf(exposition, 'nodejs_eventloop_lag_max_seconds') * 1_000 - precision)
}
