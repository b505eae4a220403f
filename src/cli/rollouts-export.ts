import fs from 'node:fs'
import { problemType } from '../contract/wire.ts'
import { codeOf } from '../core/text.ts'
import { wholeReply } from './answer.ts'
import { command } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { exitCodes, interruptionCode } from './exit-codes.ts'
import { ask, patience } from './http.ts'
import { didYouMean, needed, path, text, UsageError } from './options.ts'
import { problemOf } from './origin.ts'
import { lifeIn } from './export-form.ts'
import { printable } from './text.ts'

/** `caracal-gate rollouts export`: one rollout as a file that can be verified without the exporter. */
export const rolloutsExport = command({
  name: 'rollouts export',
  area: 'ask',
  says: 'export a rollout as a file that proves it',
  more: [
    'Writes what the exporter knows of a rollout as an in-toto statement, in a signed DSSE envelope where exports.signingKeyFile is set. caracal-gate verify checks it. A rollout under way can be exported too; the file says so.',
    'Exits 0 when it was written, whatever the verdict was; 11 when there is no such rollout.',
  ],
  argument: needed(text('ID', 'the rollout', { completes: 'rollouts' })),
  options: {
    life: text('N', 'which rollout of this id, 1 for the oldest, or when it began (default: the newest)'),
    out: path('FILE', 'where to write it (default: stdout)'),
    ...connection,
  },
  exits: [0, 5, 11],
  examples: [
    ['caracal-gate rollouts export caracal/48 --out rollout.json', 'after the rollout has ended'],
    ['caracal-gate rollouts export caracal/48 --life 1 --out rollout.json', 'the first one of this id'],
  ],
  async run(process, values, id) {
    const { life, out } = values
    const { interrupted, stderr, stdout } = process
    const endpoint = await endpointFrom(values, process.env)
    const query = life === undefined ? '' : `?life=${encodeURIComponent(life)}`
    const question = `rollouts/${encodeURIComponent(id)}/export${query}`
    const reply = await ask(endpoint, { path: question, within: patience, signal: interrupted })
    if (interrupted.aborted) return interruptionCode(interrupted)
    const had = wholeReply(reply)
    if ('kind' in had) {
      const problem = 'status' in reply ? problemOf(reply) : undefined
      const isUnknown = problem?.type === problemType('no-such-rollout')
      const why = isUnknown
        ? `there is no rollout "${printable(id, 80)}"${didYouMean(id, problem.allowed)}; caracal-gate rollouts lists them`
        : `not exported: ${had.message}`
      stderr.write(`${why} [${endpoint.url.href}]\n`)
      return isUnknown ? exitCodes.unknownId : exitCodes.blindSpot
    }
    const exported = lifeIn(had.body)
    if (exported === undefined) {
      stderr.write(`not exported: the answer is no export of a rollout [${endpoint.url.href}]\n`)
      return exitCodes.blindSpot
    }
    if (out === undefined) stdout.write(had.body)
    else await fs.promises.writeFile(out, had.body).catch((error: unknown) => cannotWrite(out, error))
    stderr.write(`${exported.join('\n')}\n`)
    return exitCodes.proceed
  },
})

function cannotWrite(file: string, error: unknown): never {
  throw new UsageError(
    `--out is "${printable(file, 200)}", which cannot be written (${codeOf(error) ?? 'no code'})`,
  )
}
