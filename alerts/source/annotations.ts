import { releaseLabels, type Recording } from './alert.ts'

/** Text of annotations that Prometheus fills in, from recorded series of the release that the alert is about. */

/** Matchers of the release, as a variable of the template. */
const OF_RELEASE = '$release'

const declaration = `{{ ${OF_RELEASE} := printf "${releaseLabels.map((label) => `${label}=%q`).join(', ')}" ${releaseLabels
  .map((label) => `$labels.${label}`)
  .join(' ')} }}`

/** The annotation with what its parts need before them. */
export function whole(annotation: string): string {
  return annotation.includes(OF_RELEASE) ? `${declaration}${annotation}` : annotation
}

/** Selects a recorded series of the release. */
export function own({ record }: Recording, matchers: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries(matchers).map(([label, value]) => `${label}=\\"${value}\\"`)
  return `${record}{${[...given, '%[1]s'].join(', ')}}`
}

function query(expr: string): string {
  return `query (printf "${expr}" ${OF_RELEASE})`
}

/** The text, where the expression has a result. The dot of the template `text` is its first sample. */
export function lookUp(expr: string, text: string): string {
  return `{{ with ${query(expr)} }}{{ with first . }}${text}{{ end }}{{ end }}`
}

/** The values of a label between `before` and `after`, least sample first; nothing where there are none. */
export function ranked(expr: string, label: string, before: string, after: string): string {
  return list(query(`sort(${expr})`), label, before, after)
}

/** The values of a label between `before` and `after`, by the alphabet; nothing where there are none. */
export function listed(expr: string, label: string, before: string, after: string): string {
  return list(`${query(expr)} | sortByLabel "${label}"`, label, before, after)
}

function list(samples: string, label: string, before: string, after: string): string {
  const item = `{{ if $i }}, {{ end }}{{ $sample.Labels.${label} }}`
  return `{{ with ${samples} }}${before}{{ range $i, $sample := . }}${item}{{ end }}${after}{{ end }}`
}

/** For how long, since the time in seconds that the expression gives; in whole seconds. */
export function lasting(expr: string, before: string): string {
  return lookUp(`floor(clamp_min(time() - ${expr}, 0))`, `${before}{{ .Value | humanizeDuration }}`)
}

/** A moment in UTC, to the second. */
export const asTime = '{{ (.Value | toTime).Format "2006-01-02 15:04:05 MST" }}'

/** A value with its unit, as people write it. */
export const asMeasured = [
  // As a number 0.95 would become 950m.
  '{{ if eq .Labels.unit "ratio" }}{{ .Value | humanizePercentage }}',
  '{{ else if eq .Labels.unit "seconds" }}{{ .Value | humanizeDuration }}',
  '{{ else if eq .Labels.unit "bytes" }}{{ .Value | humanize1024 }}B',
  '{{ else }}{{ .Value | humanize }} {{ .Labels.unit }}{{ end }}',
].join('')
