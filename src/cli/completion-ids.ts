import { readAnswer } from './answer.ts'
import { askFor } from './asking.ts'
import type { Completes } from './command.ts'
import type { Candidate } from './completing.ts'
import { endpointFrom } from './connect.ts'
import type { Report } from './document.ts'
import type { Given } from './arguments.ts'
import { ask, type Endpoint } from './http.ts'
import type { CliProcess } from './process.ts'
import { namedIn } from './refs.ts'
import { rolloutInWords, rolloutList } from './rollout-forms.ts'

/** Milliseconds: somebody has pressed a key and waits. */
const patience = 1_500

/** Ids that the exporter knows; none when it does not answer, whatever the reason. */
export async function idsFor(
  wanted: Completes,
  typed: readonly string[],
  process: CliProcess,
): Promise<readonly Candidate[]> {
  try {
    const endpoint = await endpointFrom(connectionIn(typed), process.env)
    const ids =
      wanted === 'rollouts' ? await rollouts(endpoint, process) : await parts(wanted, endpoint, process)
    // What a shell would take apart is for a person to type.
    return ids.filter(({ word }) => /^[\w./+-]+$/.test(word))
  } catch {
    // An address or a file that is no good: the command itself will say so.
    return []
  }
}

/** What the line says about where to ask. */
function connectionIn(typed: readonly string[]): Given {
  return ['url', 'token-file', 'ca-file'].flatMap((name) => {
    const at = typed.lastIndexOf(`--${name}`)
    const inline = typed.findLast((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
    const value = at === -1 ? inline : typed[at + 1]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
}

async function rollouts(endpoint: Endpoint, { interrupted }: CliProcess): Promise<readonly Candidate[]> {
  const asked = await askFor(endpoint, 'rollouts', rolloutList, interrupted, patience)
  if (asked.kind !== 'had') return []
  return asked.value.rollouts.flatMap((one) =>
    one.id === null ? [] : [{ word: one.id, says: rolloutInWords(one) }],
  )
}

async function parts(
  wanted: Exclude<Completes, 'rollouts'>,
  endpoint: Endpoint,
  { interrupted }: CliProcess,
): Promise<readonly Candidate[]> {
  const answer = readAnswer(await ask(endpoint, { path: 'gates', within: patience, signal: interrupted }), {})
  return answer.kind === 'valid' ? partsOf(wanted, answer.report) : []
}

function partsOf(wanted: Exclude<Completes, 'rollouts'>, report: Report): readonly Candidate[] {
  switch (wanted) {
    case 'gates':
      return report.gates.map(({ id, title }) => ({ word: id, says: title }))
    case 'stops':
      return report.stopConditions.map(({ id, title, state }) => ({ word: id, says: `${state}: ${title}` }))
    case 'checks':
      return report.gates
        .flatMap(({ checks }) => checks)
        .filter(({ source }) => source === 'evidence')
        .map(({ id, claim }) => ({ word: id, says: claim }))
    case 'refs':
      return namedIn(report).map((one) => ({ word: one.ref, says: saidOf(one) }))
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
