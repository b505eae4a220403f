import fs from 'node:fs'
import { join } from 'node:path'
import { durationOf } from '../core/duration.ts'
import { askFor } from './asking.ts'
import { messageOf } from '../core/text.ts'
import { command, type Option } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { exitCodes, interruptionCode } from './exit-codes.ts'
import { fetchRecording } from './fetch-recording.ts'
import type { Endpoint } from './http.ts'
import { didYouMean, instantIn, notAllowed, path, text, textOrJson, UsageError } from './options.ts'
import type { CliProcess } from './process.ts'
import {
  addedLater,
  flag,
  listOf,
  nullable,
  quantity,
  record as fields,
  text as words,
  time,
  verbatim,
  type Read,
} from './shape.ts'
import { instant, printable, printableJson } from './text.ts'

const recordings = fields({
  enabled: flag,
  problem: nullable(words),
  dropped: quantity,
  recordings: listOf(
    fields({
      name: verbatim,
      from: time,
      to: time,
      bytes: quantity,
      rollouts: listOf(verbatim),
      complete: flag,
      version: words,
      sequence: addedLater(nullable(verbatim)),
      part: addedLater(nullable(quantity)),
    }),
  ),
})
type List = Read<typeof recordings>
type Recording = List['recordings'][number]

/** An instant, or a span up to now. */
const since: Option<number | undefined> = {
  value: 'TIME',
  says: 'fetch all recordings that were written to since then: 2h ago, or since 2026-11-30T16:00:00Z',
  read(all, name) {
    const given = all.at(-1)
    if (given === undefined) return undefined
    const ago = durationOf(given)
    const at = ago === undefined ? instantIn(given) : Date.now() - ago
    if (Number.isNaN(at))
      throw notAllowed(name, given, 'a time such as 90m or 2h, or an instant such as 2026-11-30T16:00:00Z')
    return at
  },
}

/** `caracal-gate record`: what the exporter has recorded, or recordings as files. */
export const record = command({
  name: 'record',
  area: 'ask',
  says: 'list the recordings of the exporter, or fetch some',
  more: [
    'A recording holds everything that verdicts were made from, without secrets; caracal-gate replay judges it once more. The exporter records when its configuration has recording.directory.',
    'A long rollout has several recordings: --rollout fetches all of them, and caracal-gate replay takes them together. Each file appears under its name only when it is whole.',
    'Exits 11 when there is no such recording, 5 when one could not be fetched as a whole, 2 when there are several and --out is no directory.',
  ],
  argument: text('NAME', 'the recording to fetch (default: a list of all)'),
  options: {
    rollout: text('ID', 'fetch all recordings of this rollout', { completes: 'rollouts' }),
    since,
    out: path(
      'PATH',
      'a file to write it to, - for stdout, or a directory to write all to (default: this directory)',
    ),
    output: textOrJson,
    ...connection,
  },
  exits: [0, 5, 11],
  examples: [
    ['caracal-gate record', 'newest first'],
    ['caracal-gate record --rollout caracal/47', 'for a bug report, or to tune limits'],
    ['caracal-gate record --since 24h --out recordings/', 'all of the last day, into a directory'],
  ],
  async run(process, values, name) {
    const wanted = { name, rollout: values.rollout, since: values.since }
    if (Object.values(wanted).filter((one) => one !== undefined).length > 1)
      throw new UsageError('give one of NAME, --rollout and --since')
    const endpoint = await endpointFrom(values, process.env)
    const { interrupted, stderr, stdout } = process
    const asked = await askFor(endpoint, 'recordings', recordings, interrupted)
    if (interrupted.aborted) return interruptionCode(interrupted)
    if (asked.kind === 'not-had') {
      stderr.write(`cannot tell: ${asked.message} [${endpoint.url.href}]\n`)
      return exitCodes.blindSpot
    }
    const list = asked.value
    if (list.problem !== null) stderr.write(`warning: ${list.problem}\n`)
    const found = chosen(list.recordings, wanted)
    if (found === undefined) {
      const text = values.output === 'json' ? printableJson(asked.document) : listed(list).join('\n')
      stdout.write(`${text}\n`)
      return exitCodes.proceed
    }
    if (found.length === 0) {
      stderr.write(`${whyNone(list, wanted)} [${endpoint.url.href}]\n`)
      return exitCodes.unknownId
    }
    return fetchAll(found, values.out, endpoint, process)
  },
})

interface Wanted {
  readonly name: string | undefined
  readonly rollout: string | undefined
  readonly since: number | undefined
}

/** What is asked for, oldest first; undefined where nothing is, but for a list. */
function chosen(
  all: readonly Recording[],
  { name, rollout, since: from }: Wanted,
): readonly Recording[] | undefined {
  const isWanted = (one: Recording): boolean => {
    if (name !== undefined) return one.name === name
    return rollout !== undefined ? one.rollouts.includes(rollout) : one.to >= (from ?? 0)
  }
  if (name === undefined && rollout === undefined && from === undefined) return undefined
  return all.filter(isWanted).toReversed()
}

async function fetchAll(
  found: readonly Recording[],
  out: string | undefined,
  endpoint: Endpoint,
  process: CliProcess,
): Promise<number> {
  const { interrupted, stderr } = process
  const isFolder = out !== undefined && out !== '-' && (out.endsWith('/') || (await isDirectory(out)))
  if (found.length > 1 && out !== undefined && !isFolder)
    throw new UsageError(
      `there are ${found.length} recordings: give --out a directory, such as recordings/, not "${printable(out, 80)}"`,
    )
  const strange = found.find(({ name }) => !fileName.test(name))
  if (strange !== undefined) {
    stderr.write(`"${printable(strange.name, 80)}" is no name for a file [${endpoint.url.href}]\n`)
    return exitCodes.blindSpot
  }
  if (isFolder) await makeFolder(out)
  for (const gap of missingIn(found)) stderr.write(`warning: ${gap}\n`)
  for (const { name, complete } of found) {
    if (!complete)
      stderr.write(
        `${name} was not closed: it is being written, or the exporter ended; it is fetched up to now\n`,
      )
    const target = isFolder ? join(out, name) : (out ?? name)
    const code = await fetchRecording(target, name, endpoint, process)
    if (code !== exitCodes.proceed || interrupted.aborted) return code
  }
  return exitCodes.proceed
}

/** It comes from the exporter, and must not lead out of the directory. */
const fileName = /^\w[\w.-]*$/

async function makeFolder(path: string): Promise<void> {
  await fs.promises.mkdir(path, { recursive: true, mode: 0o700 }).catch((fault: unknown) => {
    throw new UsageError(`${printable(path, 200)} can't be made: ${messageOf(fault)}`)
  })
}

async function isDirectory(path: string): Promise<boolean> {
  const facts = await fs.promises.stat(path).catch(() => undefined)
  return facts?.isDirectory() === true
}

/** Parts between those that are there. */
function missingIn(found: readonly Recording[]): readonly string[] {
  return found.flatMap((one, n) => {
    const before = found[n - 1]
    const isOne = before?.sequence !== undefined && before.sequence === one.sequence
    const missing = isOne ? (one.part ?? 0) - (before.part ?? 0) - 1 : 0
    return missing <= 0
      ? []
      : [`${missing} ${missing === 1 ? 'part is' : 'parts are'} missing before ${one.name}`]
  })
}

function whyNone({ enabled, recordings: all }: List, { name, rollout, since: from }: Wanted): string {
  if (!enabled) return 'the exporter records nothing: its configuration has no recording.directory'
  if (from !== undefined) return `nothing was recorded since ${instant(from)}`
  const hint = didYouMean(
    name ?? rollout ?? '',
    all.flatMap((one) => (name === undefined ? one.rollouts : [one.name])),
  )
  return name === undefined
    ? `there is no recording of the rollout "${printable(rollout ?? '', 80)}"${hint}`
    : `there is no recording "${printable(name, 80)}"${hint}; caracal-gate record lists them`
}

function listed({ enabled, recordings: all }: List): readonly string[] {
  if (!enabled) return ['recording is off: the configuration has no recording.directory']
  if (all.length === 0) return ['nothing is recorded yet']
  return all.map(({ name, from, to, bytes, rollouts, complete }) => {
    const ids = rollouts.map((id) => printable(id, 60))
    return [
      printable(name, 80),
      `${instant(from)} to ${instant(to)}`,
      `${Math.ceil(bytes / 1_024)} KiB`,
      ...(complete ? [] : ['not closed']),
      ...(ids.length === 0 ? [] : [`rollout ${ids.join(', ')}`]),
    ].join('  ')
  })
}
