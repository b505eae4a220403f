import type { Family } from '../contract/family.ts'

/** Prometheus' text formats, as far as an exporter of gauges, counters and summaries without quantiles needs them. */

export interface Sample {
  /** Values of the family's labels, in their order. */
  readonly labels: readonly string[]
  /** A number, or sum and count of a summary. Never NaN: what is not known is left out. */
  readonly value: number | { readonly sum: number; readonly count: number }
}

export type Format = 'text' | 'openmetrics'

export const contentTypes: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** Which format the Accept header prefers; the plain one when it does not care. */
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
 * Writes families with their samples. Of two samples with the same labels the first counts: a scrape with a
 * duplicate would be refused as a whole.
 */
export function exposition(families: Iterable<readonly [Family, readonly Sample[]]>, format: Format): string {
  const lines: string[] = []
  for (const [family, samples] of families) {
    if (samples.length === 0) continue
    const { name, type, help } = family
    // OpenMetrics names a counter's family without the suffix that its samples carry.
    const title = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name
    lines.push(`# HELP ${title} ${escape(help, format === 'openmetrics')}`, `# TYPE ${title} ${type}`)
    const seen = new Set<string>()
    for (const sample of samples) {
      const labels = labelText(family.labels, sample.labels)
      if (seen.has(labels)) continue
      seen.add(labels)
      pushSample(lines, name, labels, sample.value)
    }
  }
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

function pushSample(lines: string[], name: string, labels: string, value: Sample['value']): void {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) lines.push(`${name}${labels} ${value}`)
    return
  }
  lines.push(`${name}_sum${labels} ${value.sum}`, `${name}_count${labels} ${value.count}`)
}

function labelText(names: readonly string[], values: readonly string[]): string {
  const parts = names.flatMap((name, place) => {
    const value = values[place] ?? ''
    return value === '' ? [] : `${name}="${escape(value, true)}"`
  })
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escape(text: string, quotes: boolean): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return quotes ? escaped.replaceAll('"', '\\"') : escaped
}
