import { problemType } from '../contract/wire.ts'
import { askFor, type Asked } from './asking.ts'
import { command } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { exitCodes, interruptionCode } from './exit-codes.ts'
import { didYouMean, text, textOrJson } from './options.ts'
import { rolloutInWords, rolloutList, story, type Rollout, type Story } from './rollout-forms.ts'
import { instant, printable, printableJson } from './text.ts'

/** `caracal-gate rollouts`: those that are remembered, or what happened in one. */
export const rollouts = command({
  name: 'rollouts',
  area: 'ask',
  says: 'list the rollouts, or show the history of one',
  more: [
    'Says nothing about the verdict: exits 0 when there was an answer, 11 when there is no such rollout.',
    'caracal-gate rollouts export ID writes one as a file that proves it.',
  ],
  argument: text('ID', 'the rollout whose stop conditions and ledger are shown (default: a list of all)', {
    completes: 'rollouts',
  }),
  options: {
    output: textOrJson,
    ...connection,
  },
  exits: [0, 5, 11],
  examples: [
    ['caracal-gate rollouts', 'newest first'],
    ['caracal-gate rollouts caracal/47', 'what was latched in it, and who did what'],
  ],
  async run(process, values, id) {
    const { output } = values
    const endpoint = await endpointFrom(values, process.env)
    const { interrupted } = process

    async function show<Value>(asked: Asked<Value>, words: (value: Value) => readonly string[]) {
      if (interrupted.aborted) return interruptionCode(interrupted)
      if (asked.kind === 'not-had') {
        const { problem, message } = asked
        const isUnknown = problem?.type === problemType('no-such-rollout')
        const wanted = id ?? ''
        const why = isUnknown
          ? `there is no rollout "${printable(wanted, 80)}"${didYouMean(wanted, problem.allowed)}; caracal-gate rollouts lists them`
          : `cannot tell: ${message}`
        process.stderr.write(`${why} [${endpoint.url.href}]\n`)
        return isUnknown ? exitCodes.unknownId : exitCodes.blindSpot
      }
      process.stdout.write(
        output === 'json' ? `${printableJson(asked.document)}\n` : `${words(asked.value).join('\n')}\n`,
      )
      return exitCodes.proceed
    }

    return id === undefined
      ? show(await askFor(endpoint, 'rollouts', rolloutList, interrupted), listed)
      : show(await askFor(endpoint, `rollouts/${encodeURIComponent(id)}`, story, interrupted), history)
  },
})

function listed({ rollouts: all }: { readonly rollouts: readonly Rollout[] }): readonly string[] {
  if (all.length === 0) return ['no rollout is remembered']
  const width = Math.max(...all.map(({ id }) => printable(id ?? '', 60).length))
  return all.map((one) => `${printable(one.id ?? '', 60).padEnd(width)}  ${rolloutInWords(one)}`)
}

function history(one: Story): readonly string[] {
  const { id, reason, revision, chart, stops, ledger } = one
  const target = [
    ...(revision === null ? [] : [`revision ${revision}`]),
    ...(chart === null ? [] : [`chart ${chart}`]),
    ...(reason === null ? [] : [`reason: ${reason}`]),
  ]
  return [
    `rollout ${printable(id ?? '')}: ${rolloutInWords(one)}`,
    ...(target.length === 0 ? [] : [target.join(', ')]),
    ...(stops.length === 0 ? [] : ['', 'Stops', ...stops.flatMap(stopLines)]),
    '',
    'Ledger',
    ...ledger.map(({ at, kind, subject, message, actor, reason: why }) => {
      const by = actor === null ? '' : ` by ${actor}`
      const said = [...new Set([message, why ?? ''])].filter((text) => text !== '').join('; ')
      return `  ${instant(at)}  ${kind} ${subject}${by}${said === '' ? '' : `: ${said}`}`
    }),
  ]
}

function stopLines({ stopCondition, latch }: Story['stops'][number]): readonly string[] {
  const { at, message, preexisting, acknowledged } = latch
  const old = preexisting ? ' (fired before the rollout)' : ''
  const noted =
    acknowledged === null
      ? 'not acknowledged'
      : `acknowledged at ${instant(acknowledged.at)} by ${acknowledged.actor}: ${acknowledged.reason}`
  return [`  ${stopCondition} latched at ${instant(at)}${old}: ${message}`, `    ${noted}`]
}
