import { Counter, Gauge, Registry, type Metric, type RegistryContentType } from 'prom-client'
import type { Family } from '../contract/family.ts'
import { measurements } from './measurement-metrics.ts'
import type { Sample, Samples, Scrape } from './samples.ts'
import { selfMetrics } from './self-metrics.ts'
import { verdictMetrics } from './verdict-metrics.ts'

export type Format = 'text' | 'openmetrics'

export const contentTypes: Readonly<Record<Format, RegistryContentType>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
}

/** The format that the Accept header prefers; the plain one when it has no preference. */
export function formatFor(accept: string | undefined): Format {
  let best: { format: Format; quality: number } = { format: 'text', quality: 0 }
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const format = formats[type]
    const quality = Number(parameters.find((part) => part.startsWith('q='))?.slice(2) ?? 1)
    if (format !== undefined && quality > best.quality) best = { format, quality }
  }
  return best.format
}

const formats: Readonly<Record<string, Format>> = {
  'application/openmetrics-text': 'openmetrics',
  'text/plain': 'text',
  'text/*': 'text',
  '*/*': 'text',
}

/**
 * All metrics as of the snapshot. Before the first evaluation there is no report and no verdict: it is left out rather
 * than guessed, and alerts on its absence.
 */
export function renderMetrics(scrape: Scrape, format: Format): Promise<string> {
  const { report, snapshot, registries } = scrape
  const judged =
    report === undefined ? [] : [...verdictMetrics({ ...scrape, report }), ...measurements(snapshot)]
  return exposition([...judged, ...selfMetrics(scrape)], format, registries)
}

/**
 * Writes the samples by a registry of their own, so that what has gone leaves no series behind, and after them what
 * the other registries hold.
 */
export async function exposition(
  samples: Samples,
  format: Format,
  others: readonly Registry[] = [],
): Promise<string> {
  const registry = new Registry(contentTypes[format])
  for (const [family, ofFamily] of samples) write(registry, family, ofFamily)
  for (const other of others) await copy(other, registry)
  return registry.metrics()
}

/** Of two samples with the same labels the first counts. A family without a sample is not written. */
function write(registry: Registry, { name, help, type, labels }: Family, samples: readonly Sample[]): void {
  const unique = new Map<string, Sample>()
  for (const sample of samples) {
    const key = sample.labels.join('\n')
    if (isWritable(sample.value, type) && !unique.has(key)) unique.set(key, sample)
  }
  if (unique.size === 0) return
  const settings = { name, help, labelNames: labels, registers: [registry] }
  const metric = type === 'counter' ? new Counter(settings) : new Gauge(settings)
  for (const { labels: values, value } of unique.values()) metric.inc(labelsOf(labels, values), value)
}

/** A single value that no text format can hold, or that prom-client refuses, must not cost the whole scrape. */
function isWritable(value: number, type: Family['type']): boolean {
  return Number.isFinite(value) && (type === 'gauge' || value >= 0)
}

/** Without those that are empty, which Prometheus takes for absent. */
function labelsOf(names: readonly string[], values: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [place, name] of names.entries()) {
    const value = values[place] ?? ''
    if (value !== '') labels[name] = value
  }
  return labels
}

/**
 * Copies what metrics hold now: writing OpenMetrics takes the `_total` off the name of a counter for good, and values
 * that are not known yet are NaN.
 */
async function copy(from: Registry, to: Registry): Promise<void> {
  for (const metric of await from.getMetricsAsJSON()) {
    const values = metric.values.filter(({ value }) => Number.isFinite(value))
    const copied = { ...metric, values, get: () => Promise.resolve(copied) }
    if (values.length > 0) to.registerMetric(copied as unknown as Metric)
  }
}
