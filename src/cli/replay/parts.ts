import fs from 'node:fs'
import { join } from 'node:path'
import { byText } from '../../core/lists.ts'
import { codeOf, messageOf } from '../../core/text.ts'
import type { Header } from '../../recording/lines.ts'
import { readHeader, Unreadable } from '../../recording/reading.ts'
import { UsageError } from '../options.ts'
import { printable } from '../text.ts'
import { linesOf, type End } from './recorded-lines.ts'

/** One file of a recording. */
export interface Part {
  readonly file: string
  readonly header: Header
}

/** A file that is no recording, or not one that this version reads. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
  readonly file: string

  constructor(file: string, why: string) {
    super(why)
    this.file = file
  }
}

/** What a recording is called; one that is being written, or was not ended, has `.part` behind it. */
const recording = /\.jsonl\.zst(?:\.part)?$/

/**
 * The recordings of these files and directories, in the order in which they were written: by sequence, and in it by part.
 * @throws UsageError for what can't be read or is there twice
 * @throws UnreadableFile
 */
export async function partsOf(paths: readonly string[]): Promise<readonly Part[]> {
  const files = (await Promise.all(paths.map(filesAt))).flat()
  const parts: Part[] = []
  const known = new Map<string, string>()
  for (const file of files) {
    const header = await inFile(file, () => headerOf(file))
    const twin = known.get(keyOf(header))
    if (twin !== undefined)
      throw new UsageError(`${printable(twin, 200)} and ${printable(file, 200)} are the same recording`)
    known.set(keyOf(header), file)
    parts.push({ file, header })
  }
  return inOrder(parts)
}

/** Whether the second is the next part after the first. */
export function isNext({ header: before }: Part, { header }: Part): boolean {
  return isOneSequence(before, header) && header.part === (before.part ?? 0) + 1
}

export function isOneSequence(before: Header, after: Header): boolean {
  return before.sequence !== undefined && before.sequence === after.sequence
}

/**
 * Names the file where reading it fails.
 * @throws UsageError where it can't be read at all
 * @throws UnreadableFile
 */
export async function inFile<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (fault) {
    if (fault instanceof Unreadable) throw new UnreadableFile(file, fault.message)
    if (codeOf(fault) === undefined) throw fault
    throw new UsageError(`${printable(file, 200)} can't be read: ${messageOf(fault)}`)
  }
}

async function filesAt(path: string): Promise<readonly string[]> {
  return inFile(path, async () => {
    if (!(await fs.promises.stat(path)).isDirectory()) return [path]
    const files = (await fs.promises.readdir(path)).filter((name) => recording.test(name))
    if (files.length === 0)
      throw new UsageError(`${printable(path, 200)} has no recording: no file there ends with .jsonl.zst`)
    return files.toSorted(byText).map((name) => join(path, name))
  })
}

async function headerOf(file: string): Promise<Header> {
  const lines = linesOf(file)
  const first = await lines.next()
  if (first.done === true) throw new Unreadable(whyEmpty(first.value))
  await lines.return({ kind: 'cut' })
  return readHeader(first.value)
}

function whyEmpty(end: End): string {
  return end.kind === 'damaged'
    ? `it is no recording of caracal-gate: ${end.message}`
    : 'it ends before its first line'
}

function keyOf(header: Header): string {
  const { sequence, part } = header
  return sequence === undefined ? JSON.stringify(header) : `${sequence} ${part}`
}

function inOrder(parts: readonly Part[]): readonly Part[] {
  const sequences = Map.groupBy(parts, ({ file, header }) => header.sequence ?? file)
  return [...sequences.values()]
    .map((own) => own.toSorted((a, b) => (a.header.part ?? 0) - (b.header.part ?? 0)))
    .toSorted((a, b) => byText(beginningOf(a), beginningOf(b)))
    .flat()
}

function beginningOf([first]: readonly Part[]): string {
  return `${first?.header.from} ${first?.file}`
}
