import { writeFileSync } from 'node:fs'
import type { Facts, Violation } from './invariants/past.ts'
import type { Recording, Standing } from './recording.ts'

/** How long it took until the first document that is no fresh `proceed`, when there was one just before; milliseconds. */
export function detectionOf({ readings }: Recording, standing: Standing): number | undefined {
  const { from, since = from, until = Number.POSITIVE_INFINITY } = standing
  const documents = readings.filter(({ by }) => by === 'http')
  const before = documents.findLast(({ got }) => got <= from)
  if (before?.fresh !== true || before.verdict !== 'proceed') return undefined
  const first = documents.find(
    ({ asked, fresh, verdict }) => asked >= from && asked <= until && !(fresh && verdict === 'proceed'),
  )
  return first === undefined ? undefined : Math.max(0, first.got - since)
}

/** The faults by kind: how often they were made and seen, how late at worst, and what was violated meanwhile. */
export function tableOf(recording: Recording, facts: Facts, violations: readonly Violation[]): string {
  const byKind = Object.groupBy(recording.standings, ({ kind }) => kind)
  const rows = [...facts].flatMap(([kind, { expect }]) => {
    const standings = byKind[kind] ?? []
    if (standings.length === 0) return []
    const detections = standings.flatMap((standing) => detectionOf(recording, standing) ?? [])
    const mustShow = expect.proceeds === 'never'
    const wrong = violations.filter(({ at }) => standings.some((standing) => isBlamed(standing, at)))
    return [
      [
        kind,
        String(standings.length),
        mustShow ? String(detections.length) : `(${detections.length})`,
        detections.length === 0 ? '' : String(Math.round(Math.max(...detections))),
        String(wrong.length),
      ],
    ]
  })
  const head = ['kind', 'injected', 'detected', 'worst ms', 'violations']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** A violation is counted with what stood, and with what ended in the seconds before. */
function isBlamed({ from, over = Number.POSITIVE_INFINITY }: Standing, at: number): boolean {
  return at >= from && at <= over + 60_000
}

/** One violation with what stood, as much as is needed to find it again. */
export function violationText(recording: Recording, { invariant, at, what, excerpt }: Violation): string {
  const { seed, startedAt, standings } = recording
  const stood = standings.filter(({ from, over = Number.POSITIVE_INFINITY }) => from <= at && over >= at)
  const last = standings.findLast(({ from }) => from <= at)
  const names = stood.map(({ kind, detail, from }) => `${kind} ${detail} since ${second(from - startedAt)}`)
  const standing = names.length > 0 ? names.join('; ') : `nothing (last: ${last?.kind ?? 'none'})`
  return [
    `VIOLATION of invariant ${invariant} at ${second(at - startedAt)}: ${what}`,
    `    stood: ${standing}`,
    `    again: npm run chaos -- --seed ${seed} --act ${last?.act ?? 0}`,
    ...(excerpt === undefined ? [] : [`    ${excerpt}`]),
  ].join('\n')
}

function second(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`
}

/** What a run came to, in one line. */
export function summaryOf(recording: Recording, violations: readonly Violation[]): string {
  const { seed, standings, readings, commands, lives, usage } = recording
  const count = (what: string) => lives.filter((life) => life.what === what).length
  const peak = Math.max(0, ...usage.map((one) => one.peak)) / 1e6
  return (
    `seed ${seed}: ${standings.length} faults, ${readings.length} documents, ` +
    `${commands.filter(({ status }) => status >= 200 && status < 300).length} commands kept, ` +
    `${count('killed')} SIGKILLs, at most ${peak.toFixed(0)} MB, ${violations.length} violations`
  )
}

function instantOf(item: { readonly at?: number; readonly asked?: number; readonly from?: number }): number {
  return item.at ?? item.asked ?? item.from ?? 0
}

/** Every event of the recording in the order of time, one JSON text a line. */
export function writeRecording(file: string, recording: Recording): void {
  const { seed, startedAt, ...lists } = recording
  const events = Object.entries(lists).flatMap(([list, items]) =>
    items.map((item) => ({ list, at: instantOf(item), ...item })),
  )
  const lines = [{ seed, startedAt }, ...events.toSorted((one, other) => one.at - other.at)]
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}
