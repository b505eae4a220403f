import type { CliProcess, Output } from './process.ts'
import { pastable } from './pastable.ts'

/** A line of a view. What does not fit beside its head continues below its text. */
export interface Line {
  readonly head?: string
  readonly text: string
  /** A command continues so that a shell takes it for one; an address is never broken. */
  readonly form?: 'command' | 'address'
  /** Rows of a screen of 80 columns that it may take; the rest is left out. */
  readonly most?: number
}

/** What is written on: rows of a limited width on a terminal, whole lines anywhere else. */
export interface Screen {
  /** Rows that can be seen at once above the next prompt. */
  readonly height: number
  readonly rows: (lines: readonly Line[]) => readonly string[]
  /** Rows that these take, also where a row is too long and the terminal breaks it. */
  readonly heightOf: (lines: readonly Line[]) => number
}

type Wrap = (text: string, columns: number, options?: { hard?: boolean; trim?: boolean }) => string

const usual = { columns: 80, rows: 24 }
/** Narrower than that, not even a word has room. */
const narrowest = 10

/** Every line as it is, whatever its length. */
export const anyScreen: Screen = {
  height: usual.rows - 1,
  rows: (lines) => lines.map(({ head = '', text }) => `${head}${text}`.trimEnd()),
  heightOf: (lines) => lines.length,
}

/** The screen of a process. What breaks lines is loaded only where lines are broken. */
export async function screenOf({ stdout, env }: Pick<CliProcess, 'stdout' | 'env'>): Promise<Screen> {
  if (columnsOf(stdout, env) === undefined) return anyScreen
  const { wrapAnsi } = await import('fast-wrap-ansi')
  // Asked anew each time: a person may change the size of a terminal.
  return {
    get height() {
      return (stdout.rows || usual.rows) - 1
    },
    rows: (lines) => rowsOf(lines, columnsOf(stdout, env) ?? usual.columns, wrapAnsi),
    heightOf: (lines) => heightOf(lines, columnsOf(stdout, env) ?? usual.columns, wrapAnsi),
  }
}

/** Undefined where no width is known, such as in a pipe or in the log of a pipeline. */
function columnsOf({ isTTY, columns }: Output, env: CliProcess['env']): number | undefined {
  const told = Number(env['COLUMNS'])
  const wished = Number.isInteger(told) && told > 0 ? told : undefined
  const found = isTTY === true ? columns || wished || usual.columns : wished
  return found === undefined ? undefined : Math.max(found, narrowest)
}

function rowsOf(lines: readonly Line[], columns: number, wrap: Wrap): readonly string[] {
  return lines.flatMap((line) => fitted(line, columns, wrap))
}

function heightOf(lines: readonly Line[], columns: number, wrap: Wrap): number {
  return rowsOf(lines, columns, wrap).reduce(
    (sum, row) => sum + wrap(row, columns, { hard: true, trim: false }).split('\n').length,
    0,
  )
}

function fitted({ head = '', text, form, most }: Line, columns: number, wrap: Wrap): readonly string[] {
  const { first, indent } = placed(head, columns)
  const width = columns - indent.length
  const texts = form === undefined ? broken(text, width, wrap) : unbroken(text, form, width)
  const limit =
    most === undefined || form !== undefined ? texts.length : most * Math.ceil(usual.columns / columns)
  const kept = texts.length <= limit ? texts : cut(text, limit, width, wrap)
  const rows = kept.map((row, place) => `${place === 0 ? (first ?? indent) : indent}${row}`.trimEnd())
  return first === undefined ? [head.trimEnd(), ...rows] : rows
}

/** The head, and the blanks below it; without `first`, the head has a row of its own, as the text would be too narrow. */
function placed(head: string, columns: number): { readonly first?: string; readonly indent: string } {
  const width = visible(head).length
  if (width * 2 <= columns) return { first: head, indent: ' '.repeat(width) }
  const indent = '  '
  return head.trim() === '' ? { first: indent, indent } : { indent }
}

/** A head is of our own words and numbers, so that each of its characters is one column wide. */
function visible(head: string): string {
  return head.replaceAll(/\u001b\[\d+m/g, '')
}

/** At blanks; a word only where it is longer than a row, and never before a mark that belongs to a letter. */
function broken(text: string, width: number, wrap: Wrap): readonly string[] {
  return wrap(text, width, { hard: true })
    .replaceAll(/\n(\p{M}+)/gu, '$1\n')
    .split('\n')
}

function unbroken(text: string, form: 'command' | 'address', width: number): readonly string[] {
  return form === 'command' ? pastable(text, width) : [text]
}

function cut(text: string, limit: number, width: number, wrap: Wrap): readonly string[] {
  const rows = broken(text, width - 1, wrap).slice(0, limit)
  return [...rows.slice(0, -1), `${rows.at(-1) ?? ''}…`]
}
