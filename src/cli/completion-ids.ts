import { readAnswer } from './answer.ts'
import { askFor } from './asking.ts'
import type { Completes, Values } from './command.ts'
import { endpointFrom, type connection } from './connect.ts'
import type { Report } from './document.ts'
import { ask, type Endpoint } from './http.ts'
import type { CliProcess } from './process.ts'
import { namedIn } from './wording.ts'
import { rolloutInWords, rolloutList } from './rollout-forms.ts'

type Wanted = Exclude<Completes, 'file' | 'directory'>
type Row = readonly [word: string, says: string]

/** Milliseconds for an answer to a key press. */
const patience = 1_500

/** Ids that the exporter knows; none when it does not answer, whatever the reason. */
export async function idsFor(
  wanted: Wanted,
  typed: readonly string[],
  process: CliProcess,
): Promise<readonly Row[]> {
  try {
    const endpoint = await endpointFrom(connectionIn(typed), process.env)
    const ids =
      wanted === 'rollouts' ? await rollouts(endpoint, process) : await parts(wanted, endpoint, process)
    // What a shell would take apart is for a person to type.
    return ids.filter(([word]) => /^[\w./+-]+$/.test(word))
  } catch {
    // An address or a file that is no good: the command itself will say so.
    return []
  }
}

/** What the line says about where to ask. */
function connectionIn(typed: readonly string[]): Values<typeof connection> {
  const valueOf = (name: string): string | undefined => {
    const at = typed.lastIndexOf(name)
    const inline = typed.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
    return (at === -1 ? inline : typed[at + 1]) || undefined
  }
  return { url: valueOf('--url'), tokenFile: valueOf('--token-file'), caFile: valueOf('--ca-file') }
}

async function rollouts(endpoint: Endpoint, { interrupted }: CliProcess): Promise<readonly Row[]> {
  const asked = await askFor(endpoint, 'rollouts', rolloutList, interrupted, patience)
  if (asked.kind !== 'had') return []
  return asked.value.rollouts.flatMap((one) =>
    one.id === null ? [] : [[one.id, rolloutInWords(one)] as const],
  )
}

async function parts(
  wanted: Exclude<Wanted, 'rollouts'>,
  endpoint: Endpoint,
  { interrupted }: CliProcess,
): Promise<readonly Row[]> {
  const answer = readAnswer(await ask(endpoint, { path: 'gates', within: patience, signal: interrupted }), {})
  return answer.kind === 'valid' ? partsOf(wanted, answer.report) : []
}

function partsOf(wanted: Exclude<Wanted, 'rollouts'>, report: Report): readonly Row[] {
  switch (wanted) {
    case 'gates':
      return report.gates.map(({ id, title }) => [id, title] as const)
    case 'stops':
      return report.stopConditions.map(({ id, title, state }) => [id, `${state}: ${title}`] as const)
    case 'items':
      return [
        ...report.gates.flatMap(({ id, title, checks }) => [
          [id, title] as const,
          ...checks.map((check) => [check.id, check.claim] as const),
        ]),
        ...report.stopConditions.map(({ id, title }) => [id, title] as const),
      ]
    case 'checks':
      return report.gates
        .flatMap(({ checks }) => checks)
        .filter(({ source }) => source === 'evidence')
        .map(({ id, claim }) => [id, claim] as const)
    case 'refs':
      return namedIn(report).map((one) => [one.ref, saidOf(one)] as const)
  }
}

function saidOf(one: ReturnType<typeof namedIn>[number]): string {
  switch (one.kind) {
    case 'gate':
      return one.gate.title
    case 'blocker':
      return one.blocker.message
    case 'check':
    case 'stop':
      return one.item.claim
  }
}
