/** A value as Grafana would write it, for the units that the dashboards use. */
export function written(value: number, unit: string, decimals?: number): string {
  switch (unit) {
    case 's':
      return seconds(value, decimals)
    case 'dtdurations':
      return duration(value)
    case 'percentunit':
      return `${(value * 100).toFixed(decimals ?? 0)}%`
    case 'dateTimeFromNow':
      return `${duration(Date.now() / 1_000 - value / 1_000)} ago`
    case 'cps':
      return `${plain(value, decimals)} c/s`
    default:
      return plain(value, decimals)
  }
}

function plain(value: number, decimals?: number): string {
  if (Math.abs(value) >= 1_000) return `${Number((value / 1_000).toFixed(2))} K`
  return decimals === undefined ? String(Number(value.toPrecision(3))) : value.toFixed(decimals)
}

function seconds(value: number, decimals?: number): string {
  if (value !== 0 && Math.abs(value) < 1) return `${Number((value * 1_000).toPrecision(3))} ms`
  return value < 120 ? `${plain(value, decimals)} s` : `${Number((value / 60).toFixed(1))} min`
}

function duration(value: number): string {
  const parts = [
    [Math.floor(value / 3_600), 'h'],
    [Math.floor(value / 60) % 60, 'm'],
    [Math.floor(value) % 60, 's'],
  ] as const
  return parts.flatMap(([amount, name]) => (amount > 0 ? [`${amount}${name}`] : [])).join(' ') || '0s'
}

/** Text as it may stand in HTML. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
