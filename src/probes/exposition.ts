/** One series of a family. `value` may be NaN or infinite, which is no measurement; the reader must look. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The text is not a Prometheus exposition. The message tells the line and the fault and quotes nothing from it. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError'

  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`)
  }
}

/** What no exposition of the platform's comes near; larger means broken or hostile. */
export const expositionLimits = {
  lines: 100_000,
  lineLength: 65_536,
  labels: 64,
  labelLength: 4_096,
} as const

const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y
// Written so that digits can be matched in one way only: a pattern that could split them would be quadratic.
// Everything after the labels: value, then a timestamp or an exemplar, which are ignored.
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`
const NO_NUMBER = String.raw`[+-]?(?:[iI]nf(?:inity)?|[nN][aA][nN])`
const VALUE = new RegExp(`(${NUMBER}|${NO_NUMBER})(?=[ \\t]|$)`, 'y')
const TIMESTAMP = new RegExp(`(?:[ \\t]+${NUMBER})?[ \\t]*(?:#.*)?$`, 'y')

/**
 * Reads the families of `wanted` from a text exposition (format 0.0.4) in one pass; other families are only looked
 * at closely enough to tell them from another kind of text. A family that does not occur is not in the result. A line
 * is taken out of the text only when it is a wanted one with labels or anything else besides a plain number.
 * @throws ExpositionError for anything that is not a complete exposition, and for two samples of one series
 */
export function parseExposition(
  text: string,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, readonly Sample[]> {
  const families = new Map<string, Sample[]>()
  const series = new Set<string>()
  let number = 0
  for (let start = 0; start < text.length;) {
    number += 1
    if (number > expositionLimits.lines) throw new ExpositionError(number, 'too many lines')
    const end = text.indexOf('\n', start)
    // The format ends every line, so a missing end means that something is missing before it.
    if (end === -1) throw new ExpositionError(number, 'the last line is cut off')
    if (end - start > expositionLimits.lineLength) throw new ExpositionError(number, 'too long')
    const at = blanksFrom(text, start)
    const from = start
    start = end + 1
    if (at === end || text.charCodeAt(at) === HASH) continue
    const after = nameFrom(text, at)
    if (after === at) throw new ExpositionError(number, 'does not begin with a metric name')
    const name = text.slice(at, after)
    if (wanted.has(name)) {
      const sample = plainSample(text, after, end) ?? readSample(text.slice(from, end), after - from, number)
      const key = `${name}${seriesKey(sample)}`
      if (series.has(key)) throw new ExpositionError(number, 'gives a series a second time')
      series.add(key)
      const samples = families.get(name)
      if (samples === undefined) families.set(name, [sample])
      else samples.push(sample)
    } else if (!looksLikeSample(text, from, after, end)) {
      throw new ExpositionError(number, 'is no sample')
    }
  }
  return families
}

const [TAB, BLANK, HASH, DOT, BRACE] = [0x09, 0x20, 0x23, 0x2e, 0x7b]
const NO_LABELS: Sample['labels'] = Object.freeze(Object.create(null) as Record<string, string>)

/** Fifteen digits are exact in a number. */
const MOST_DIGITS = 15

/** A sample of one blank and a decimal number without sign or exponent, as most are; undefined for any other. */
function plainSample(text: string, after: number, end: number): Sample | undefined {
  const from = after + 1
  if (text.charCodeAt(after) !== BLANK || end === from || end - from > MOST_DIGITS) return undefined
  if (!isDigit(text.charCodeAt(from))) return undefined
  let dots = 0
  for (let at = from; at < end; at += 1) {
    const code = text.charCodeAt(at)
    if (code === DOT) dots += 1
    else if (!isDigit(code)) return undefined
  }
  return dots > 1 ? undefined : { labels: NO_LABELS, value: Number(text.slice(from, end)) }
}

/** Whether the rest of a line that no signal asks for may be labels and a value. */
function looksLikeSample(text: string, from: number, after: number, end: number): boolean {
  const next = text.charCodeAt(after)
  if (after === end || (next !== BRACE && next !== BLANK && next !== TAB)) return false
  const least = Math.max(from, end - 16)
  let last = end - 1
  while (last >= least && isBlank(text.charCodeAt(last))) last -= 1
  return last >= least && endsValue(text.charCodeAt(last))
}

/** Whether a number may end so: a digit, `Inf`, `infinity` or `NaN`. */
function endsValue(code: number): boolean {
  return isDigit(code) || 'fFnNy'.includes(String.fromCharCode(code))
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function isBlank(code: number): boolean {
  return code === BLANK || code === TAB
}

function blanksFrom(text: string, from: number): number {
  let at = from
  while (isBlank(text.charCodeAt(at))) at += 1
  return at
}

/** Where a metric name that begins at `from` ends; `from` where there is none. */
function nameFrom(text: string, from: number): number {
  let at = from
  while (isOfName(text.charCodeAt(at)) || (at > from && isDigit(text.charCodeAt(at)))) at += 1
  return at
}

function isOfName(code: number): boolean {
  // Letters in either case, `_` and `:`.
  return ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code === 0x5f || code === 0x3a
}

function readSample(line: string, from: number, number: number): Sample {
  let at = skipBlanks(line, from)
  const labels: Record<string, string> = Object.create(null) as Record<string, string>
  if (line[at] === '{') at = readLabels(line, at + 1, labels, number)
  else if (at === from) throw new ExpositionError(number, 'has no blank after the metric name')
  at = skipBlanks(line, at)
  const value = match(VALUE, line, at)
  if (value === undefined) throw new ExpositionError(number, 'has no value')
  if (match(TIMESTAMP, line, at + value.length) === undefined)
    throw new ExpositionError(number, 'goes on after its value')
  return { labels, value: toNumber(value) }
}

/** Reads labels up to the closing brace and returns where it goes on. */
function readLabels(line: string, from: number, labels: Record<string, string>, number: number): number {
  let count = 0
  for (let at = skipBlanks(line, from); ; at = skipBlanks(line, at)) {
    if (line[at] === '}') return at + 1
    const name = match(LABEL_NAME, line, at)
    if (name === undefined) throw new ExpositionError(number, 'has labels that do not end')
    if (name in labels) throw new ExpositionError(number, 'gives a label a second time')
    count += 1
    if (count > expositionLimits.labels) throw new ExpositionError(number, 'has too many labels')
    at = skipBlanks(line, at + name.length)
    if (line[at] !== '=') throw new ExpositionError(number, 'has a label without a value')
    at = skipBlanks(line, at + 1)
    if (line[at] !== '"') throw new ExpositionError(number, 'has a label value without quotes')
    const close = closingQuote(line, at + 1)
    if (close === -1) throw new ExpositionError(number, 'has a label value that does not end')
    if (close - at > expositionLimits.labelLength) throw new ExpositionError(number, 'has too long a label')
    labels[name] = unescape(line.slice(at + 1, close))
    at = skipBlanks(line, close + 1)
    if (line[at] === ',') at += 1
    else if (line[at] !== '}') throw new ExpositionError(number, 'has labels that do not end')
  }
}

function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at += 1) {
    const character = line[at]
    if (character === '"') return at
    if (character === '\\') at += 1
  }
  return -1
}

function unescape(raw: string): string {
  if (!raw.includes('\\')) return raw
  // An escape that the format does not know stands for itself, as in Prometheus' own parser.
  return raw.replace(/\\[\\"n]/g, (escape) => (escape === '\\n' ? '\n' : escape.slice(1)))
}

function toNumber(text: string): number {
  if (/nan/i.test(text)) return Number.NaN
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return Number(text)
}

function seriesKey({ labels }: Sample): string {
  const names = Object.keys(labels)
  return names.length === 0 ? '' : JSON.stringify(names.toSorted().map((name) => [name, labels[name]]))
}

function skipBlanks(line: string, from: number): number {
  let at = from
  while (line[at] === ' ' || line[at] === '\t') at += 1
  return at
}

/** What the sticky `pattern` finds exactly at `at`. */
function match(pattern: RegExp, line: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(line)?.[0]
}
