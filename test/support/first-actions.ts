import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { nextStepFor, type FirstAction } from '../../src/core/advice.ts'
import { components } from '../../src/core/replica.ts'
import { causeActions } from '../../src/rules/actions.ts'
import { gates } from '../../src/rules/gates.ts'
import type { Options } from '../../src/rules/options.ts'
import { deadLetterStreams, platformStreams } from '../../src/rules/platform.ts'
import { stops } from '../../src/rules/stops.ts'

/** Every first action of this installation by the id of its check, stop condition or cause. */
export function firstActions(options: Options): ReadonlyMap<string, FirstAction> {
  const items = [...gates(options).flatMap(({ checks }) => checks), ...stops(options)]
  return new Map([
    ...items.map(({ id, nextStep }) => [id, nextStep] as const),
    ...Object.entries<FirstAction>(causeActions(options)),
  ])
}

/** The first action of a check, stop condition or cause for one culprit. */
export function commandFor(options: Options, id: string, culprit?: string): string {
  const nextStep = firstActions(options).get(id)
  if (nextStep === undefined) throw new Error(`there is no first action of ${id}`)
  return nextStepFor({ nextStep }, culprit)
}

/** Names of what can be blamed, as conditions give them; `pods` are replicas by `component/name`. */
export function culpritsWith(pods: readonly string[]): readonly (string | undefined)[] {
  const streams = platformStreams.flatMap(({ name, groups }) => [
    name,
    ...groups.flatMap((group) => [`${name}/${group.name}`, `${name}/${group.name}/pending`]),
  ])
  return [
    undefined,
    ...components,
    ...pods,
    'sts/3 replicas',
    ...streams,
    ...deadLetterStreams,
    'api/dead',
    'coordinator/dead',
    'api/pending',
    'coordinator/pending',
    'eviction',
    'persistence',
    'writes',
    'caracal-runtime',
    'migrate',
    'auth-migrate/3d0c-uid',
    'new pods',
    'release',
    'redis',
    'postgres',
  ]
}

/** Every command that this installation can show, each once. */
export function everyCommand(options: Options, pods: readonly string[]): readonly string[] {
  const all = [...firstActions(options).values()].flatMap((nextStep) =>
    culpritsWith(pods).map((culprit) => nextStepFor({ nextStep }, culprit)),
  )
  return [...new Set(all)]
}

/** What came of a pasted command. */
export interface Pasted {
  readonly command: string
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Pastes commands into shells of their own, a few side by side; the first prompt of each is answered with `answer`. */
export async function paste(
  commands: readonly string[],
  {
    env = {},
    answer = '',
  }: { readonly env?: Readonly<Record<string, string>>; readonly answer?: string } = {},
): Promise<readonly Pasted[]> {
  const waiting = [...commands]
  const pasted: Pasted[] = []
  async function work(): Promise<void> {
    for (let command = waiting.shift(); command !== undefined; command = waiting.shift())
      pasted.push(await inShell(command, env, answer))
  }
  await Promise.all(Array.from({ length: 4 }, work))
  return pasted
}

async function inShell(
  command: string,
  env: Readonly<Record<string, string>>,
  answer: string,
): Promise<Pasted> {
  const child = spawn('sh', ['-c', command], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    timeout: 30_000,
  })
  // A command that asks for nothing has ended by then.
  child.stdin.on('error', () => {}).end(answer)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { command, code, stdout, stderr }
}
