import { ExpositionError, expositionLimits, type Sample } from '../../src/probes/exposition.ts'

// The plain parser, line by line, that the quick one of `src/probes/exposition.ts` must agree with.

const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y
// Written so that digits can be matched in one way only: a pattern that could split them would be quadratic.
// Everything after the labels: value, then a timestamp or an exemplar, which are ignored.
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`
const NO_NUMBER = String.raw`[+-]?(?:[iI]nf(?:inity)?|[nN][aA][nN])`
const VALUE = new RegExp(`(${NUMBER}|${NO_NUMBER})(?=[ \\t]|$)`, 'y')
const TIMESTAMP = new RegExp(`(?:[ \\t]+${NUMBER})?[ \\t]*(?:#.*)?$`, 'y')

/**
 * Reads the families of `wanted` from a text exposition (format 0.0.4) in one pass; other families are only looked
 * at closely enough to tell them from another kind of text. A family that does not occur is not in the result.
 * @throws ExpositionError for anything that is not a complete exposition, and for two samples of one series
 */
export function plainlyParsed(
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
    const line = text.slice(start, end)
    start = end + 1
    const at = skipBlanks(line, 0)
    if (at === line.length || line[at] === '#') continue
    const name = match(METRIC_NAME, line, at)
    if (name === undefined) throw new ExpositionError(number, 'does not begin with a metric name')
    const after = at + name.length
    if (wanted.has(name)) {
      const sample = readSample(line, after, number)
      const key = `${name}${seriesKey(sample)}`
      if (series.has(key)) throw new ExpositionError(number, 'gives a series a second time')
      series.add(key)
      const samples = families.get(name)
      if (samples === undefined) families.set(name, [sample])
      else samples.push(sample)
    } else if (!looksLikeSample(line, after)) {
      throw new ExpositionError(number, 'is no sample')
    }
  }
  return families
}

/** Whether the rest of a line that no signal asks for may be labels and a value. */
function looksLikeSample(line: string, after: number): boolean {
  const next = line[after]
  return (next === '{' || next === ' ' || next === '\t') && /[\dfFnNy][ \t]*$/.test(line.slice(-16))
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
