import fs from 'node:fs'
import { messageOf } from '../core/text.ts'
import { problemType } from '../contract/wire.ts'
import { wholeReply } from './answer.ts'
import { askFor } from './asking.ts'
import { command } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { exitCodes, interruptionCode } from './exit-codes.ts'
import { ask, type Endpoint } from './http.ts'
import { didYouMean, path, text, textOrJson, UsageError } from './options.ts'
import { problemOf } from './origin.ts'
import type { CliProcess } from './process.ts'
import {
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
    }),
  ),
})
type List = Read<typeof recordings>
type Recording = List['recordings'][number]

/** Milliseconds for one recording, over a slow link. */
const patience = 10 * 60_000

/** `caracal-gate record`: what the exporter has recorded, or one recording as a file. */
export const record = command({
  name: 'record',
  area: 'ask',
  says: 'list the recordings of the exporter, or fetch one',
  more: [
    'A recording holds everything that verdicts were made from, without secrets; caracal-gate replay judges it once more. The exporter records when its configuration has recording.directory.',
    'The file appears under its name only when it is whole. Exits 11 when there is no such recording or none of the rollout, 5 when it could not be fetched as a whole.',
  ],
  argument: text('NAME', 'the recording to fetch (default: a list of all)'),
  options: {
    rollout: text('ID', 'fetch the recording in which this rollout began', { completes: 'rollouts' }),
    out: path('FILE', 'where to write it; - is stdout (default: its name, in this directory)'),
    output: textOrJson,
    ...connection,
  },
  exits: [0, 5, 11],
  examples: [
    ['caracal-gate record', 'newest first'],
    ['caracal-gate record --rollout caracal/47 --out 47.jsonl.zst', 'for a bug report, or to tune limits'],
  ],
  async run(process, values, name) {
    const { rollout, out, output } = values
    if (name !== undefined && rollout !== undefined) throw new UsageError('give NAME or --rollout, not both')
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
    if (name === undefined && rollout === undefined) {
      stdout.write(output === 'json' ? `${printableJson(asked.document)}\n` : `${listed(list).join('\n')}\n`)
      return exitCodes.proceed
    }
    const found = chosen(list.recordings, name, rollout)
    if (found === undefined) {
      stderr.write(`${whyNone(list, name, rollout)} [${endpoint.url.href}]\n`)
      return exitCodes.unknownId
    }
    if (!found.complete)
      stderr.write(
        `${found.name} was not closed: it is being written, or the exporter ended; it is fetched up to now\n`,
      )
    return fetchTo(out ?? found.name, found, endpoint, process)
  },
})

/** Of a rollout the oldest, in which it begins. */
function chosen(all: readonly Recording[], name?: string, rollout?: string): Recording | undefined {
  if (name !== undefined) return all.find((one) => one.name === name)
  return all.findLast((one) => one.rollouts.includes(rollout ?? ''))
}

function whyNone(
  { enabled, recordings: all }: List,
  name: string | undefined,
  rollout: string | undefined,
): string {
  if (!enabled) return 'the exporter records nothing: its configuration has no recording.directory'
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

/** Under its name there is the whole file or nothing. */
async function fetchTo(
  out: string,
  { name }: Recording,
  endpoint: Endpoint,
  { interrupted, stderr, stdout }: CliProcess,
): Promise<number> {
  const part = `${out}.part`
  let file: Awaited<ReturnType<typeof fs.promises.open>> | undefined
  try {
    file = out === '-' ? undefined : await fs.promises.open(part, 'w', 0o600)
    const own = file
    const take = async (chunk: Uint8Array): Promise<void> =>
      void (own === undefined ? stdout.write(chunk) : await own.writeFile(chunk))
    const request = {
      path: `recordings/${encodeURIComponent(name)}`,
      within: patience,
      signal: interrupted,
      take,
    }
    const reply = await ask(endpoint, request)
    if (interrupted.aborted) return interruptionCode(interrupted)
    const problem = 'status' in reply ? problemOf(reply) : undefined
    const had = wholeReply(reply)
    if ('kind' in had) {
      const isGone = problem?.type === problemType('no-such-recording')
      stderr.write(isGone ? `${name} was removed meanwhile\n` : `cannot fetch ${name}: ${had.message}\n`)
      return isGone ? exitCodes.unknownId : exitCodes.blindSpot
    }
    if (own === undefined) return exitCodes.proceed
    await own.sync()
    await fs.promises.rename(part, out)
    stderr.write(`${out}\n`)
    return exitCodes.proceed
  } catch (fault) {
    stderr.write(`${printable(out, 200)} can't be written: ${messageOf(fault)}\n`)
    return exitCodes.blindSpot
  } finally {
    await file?.close()
    if (file !== undefined) await fs.promises.rm(part, { force: true })
  }
}
