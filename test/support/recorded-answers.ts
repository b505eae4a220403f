import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../fixtures/platform-answers')

/** What one answer is like, whatever its values are. */
export interface Shape {
  readonly status: number
  /** Sorted by name; what differs from answer to answer is left out. */
  readonly headers: readonly string[]
  readonly body: unknown
}

export interface Recorded {
  readonly service: string
  readonly path: string
  readonly shape: Shape
}

/** Every answer that was recorded of a service that was well. */
export function recordedAnswers(): readonly Recorded[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => {
      const [service = '', kind = ''] = name.split('.')
      const [head = '', ...rest] = readFileSync(join(folder, name), 'utf8').split('\n\n')
      const [start = '', ...lines] = head.split('\n')
      const headers = lines.map((line): readonly [string, string] => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon), line.slice(colon + 1).trim()]
      })
      const body = rest.join('\n\n').trimEnd()
      return { service, path: `/${kind}`, shape: shapeOf(Number(start.split(' ')[1]), headers, body) }
    })
}

/** An answer of a service that was not well, or the time in which none came. */
export interface NotReady {
  readonly service: string
  readonly path: '/ready' | '/health'
  readonly cause: string
  readonly seconds?: number
  readonly longerThanSeconds?: number
  readonly status?: number
  readonly body?: Readonly<Record<string, unknown>>
}

export function recordedNotReady(): readonly NotReady[] {
  return JSON.parse(readFileSync(join(folder, 'not-ready.json'), 'utf8')) as readonly NotReady[]
}

/** Their values differ; that they are there does not. */
const varying = new Set(['date', 'x-request-id', 'content-length'])

export function shapeOf(
  status: number,
  headers: Iterable<readonly [name: string, value: string]>,
  body: string,
): Shape {
  const named = [...headers].map(([name, value]) => {
    const lower = name.toLowerCase()
    return varying.has(lower) ? lower : `${lower}: ${value.toLowerCase()}`
  })
  return { status, headers: named.toSorted(), body: bodyShape(body) }
}

/** Of an exposition every family with its type and labels, of JSON every field with its type and of flags the value. */
function bodyShape(body: string): unknown {
  if (body === '') return ''
  if (body.startsWith('#')) return expositionShape(body)
  return jsonShape(JSON.parse(body))
}

/** Of a field that is the reason, or says whether all is well, the value too. */
export function jsonShape(value: unknown): unknown {
  return Object.entries(value as Record<string, unknown>).map(([name, field]) =>
    typeof field === 'boolean' || ['error', 'reason', 'status', 'dependency', 'service'].includes(name)
      ? `${name}=${String(field)}`
      : `${name}: ${typeof field}`,
  )
}

/** Families in their order: `name type`, then each sample's name and label names. */
function expositionShape(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# HELP'))
    .map((line) => {
      if (line.startsWith('# TYPE ')) return line
      const [, name = line, labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? []
      return `${name}{${labels.replaceAll(/"[^"]*"/g, '')}}`
    })
}
