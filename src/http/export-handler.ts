import type { Exportable } from './context.ts'
import { exportText } from './export.ts'
import { clip, rfc3339 } from './forms.ts'
import { jsonType, pathParameter, type Handler, type Parts } from './handling.ts'
import { parametersOf } from './operations.ts'
import { faulty, unknownId } from './problem.ts'
import { isFaulty, readParameters } from '../contract/parameters.ts'

/** One rollout as a file of its own: the newest of its id, or the one that is asked for. */
export function exportHandler({ context }: Parts): Handler {
  return (request, reply) => {
    const parameters = readParameters(
      request.query as Readonly<Record<string, unknown>>,
      parametersOf('export'),
    )
    if (isFaulty(parameters)) return void faulty(reply, parameters)
    const id = pathParameter(request, 'id')
    const facts = context.exports()
    const lives = facts.rollouts.filter(({ rollout }) => rollout.id === id).toReversed()
    const newest = lives.at(-1)
    if (newest === undefined) {
      const known = new Set(facts.rollouts.map(({ rollout }) => clip(rollout.id)))
      return void unknownId(reply, 'rollout', id, [...known].slice(0, 50))
    }
    const { life } = parameters
    const found = life === undefined ? newest : lives.find((one, n) => isMeant(one, n, life))
    if (found === undefined) {
      const each = lives.map(({ rollout }, n) => `${n + 1} (${rfc3339(rollout.startedAt)})`)
      return void faulty(reply, [
        { parameter: 'life', value: clip(life ?? ''), allowed: clip(each.join(', ')) },
      ])
    }
    const text = exportText(
      found,
      lives.map(({ rollout }) => rollout),
      facts,
    )
    void reply.code(200).header('content-type', jsonType).header('cache-control', 'no-cache').send(text)
  }
}

function isMeant({ rollout }: Exportable, index: number, life: string): boolean {
  return life === String(index + 1) || life === rfc3339(rollout.startedAt)
}
