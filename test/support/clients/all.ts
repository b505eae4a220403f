import { argoRollouts } from './argo-rollouts.ts'
import { azureCheck } from './azure.ts'
import { flagger } from './flagger.ts'
import { argoCd, flux, helmTest, helmUpgrade } from './hooks.ts'
import { kargo } from './kargo.ts'
import type { Asking, Client, Effect, Outcome } from './outcome.ts'
import { azureAgent, curl, githubActions, gitlab, jenkins, tekton } from './runners.ts'
import { spinnaker } from './spinnaker.ts'
import { eventually } from '../waiting.ts'

const programs: readonly Client[] = [
  argoCd,
  azureAgent,
  flux,
  githubActions,
  gitlab,
  helmTest,
  helmUpgrade,
  jenkins,
  tekton,
]
/** Those that ask by themselves. */
export const askers: readonly Client[] = [...argoRollouts, azureCheck, curl, flagger, kargo, spinnaker]
const clients: readonly Client[] = [...askers, ...programs]

export const everybody: readonly string[] = clients.map(({ name }) => name)

/** What each client does in a state; those that run our command line do the same. */
export type Table = Readonly<
  Record<'argo-rollouts' | 'azure check' | 'curl' | 'flagger' | 'kargo' | 'spinnaker' | 'programs', Effect>
>

/** Seconds after which what waits in vain gives up; what may open gives up when the test does. */
export const IN_VAIN = 3
const PATIENT = 60

export type Seen = ReadonlyMap<string, Outcome>

export async function outcomes(asking: Asking, asked = clients): Promise<Seen> {
  return new Map(
    await Promise.all(asked.map(async (client) => [client.name, await client.ask(asking)] as const)),
  )
}

/**
 * While all is well. Not all clients wait, and on a loaded machine the platform may be unwell for a moment: whoever did
 * not get through asks again.
 */
export async function outcomesOnceWell(asking: Asking, closed: readonly string[] = []): Promise<Seen> {
  const seen = new Map<string, Outcome>()
  const todo = () =>
    clients.filter(({ name }) => !closed.includes(name) && seen.get(name)?.effect !== 'opens')
  await eventually('all that may open do', async () => {
    for (const [name, outcome] of await outcomes({ ...asking, patience: PATIENT }, todo()))
      seen.set(name, outcome)
    return todo().length === 0
  }).catch(() => undefined)
  const others = clients.filter(({ name }) => closed.includes(name))
  return new Map([...seen, ...(await outcomes(asking, others))])
}

export function expectedIn(table: Table): Readonly<Record<string, Effect>> {
  const { programs: all, 'argo-rollouts': argo, ...others } = table
  const each = (some: readonly Client[], effect: Effect) => some.map(({ name }) => [name, effect] as const)
  return { ...others, ...Object.fromEntries([...each(programs, all), ...each(argoRollouts, argo)]) }
}

/** The names of those that went on. */
export function openIn(seen: Seen): readonly string[] {
  return everybody.filter((name) => (seen.get(name)?.effect ?? 'opens') === 'opens')
}
