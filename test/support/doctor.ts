import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'
import { readConfigFile } from '../../src/config/files.ts'
import { known } from '../../src/daemon/known.ts'
import type { Area, Installation } from '../../src/cli/doctor/area.ts'
import type { Found } from '../../src/cli/doctor/finding.ts'
import { openInstallation } from '../../src/cli/doctor/installation.ts'

export interface Given {
  /** Merged over a configuration whose servers are nowhere. */
  readonly configuration?: Readonly<Record<string, unknown>>
  /** Text of secrets, by the name of their file; `{ file: name }` refers to it. */
  readonly secrets?: Readonly<Record<string, string>>
  /** What the clock of the doctor is ahead of ours. */
  readonly ahead?: number
  readonly daemonUrl?: string
}

/** Where nothing listens: the port that the protocol for discarding has, which nobody serves. */
const nowhere = '127.0.0.1:9'
const services = ['api', 'sts', 'gateway', 'audit', 'coordinator']

export const version = '1.2.3-test'

function baseConfiguration(folder: string): Record<string, unknown> {
  return {
    services: servicesWith({}),
    redis: { url: `redis://${nowhere}` },
    postgres: { url: `postgres://caracal_gate@${nowhere}/caracal` },
    kubernetes: { enabled: false },
    http: { listen: nowhere },
    state: { file: join(folder, 'state', 'state.json') },
  }
}

/** The services that must be there, each where nothing listens, and the given ones in their place. */
export function servicesWith(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const replicas = (at: number) => [{ url: `http://127.0.0.1:${at + 2}` }]
  const nowhere = services.map((service, at) => [service, { replicas: replicas(at) }] as const)
  return { ...Object.fromEntries(nowhere), ...given }
}

/** Runs the checks of one area, as the doctor does where this configuration is. */
export async function examined(area: Area, given: Given = {}): Promise<readonly Found[]> {
  return withInstallation(given, (installation) => area.check(installation))
}

/** Gives an installation of this configuration, and takes it away afterwards. */
async function withInstallation<T>(
  { configuration = {}, secrets = {}, ahead = 0, daemonUrl }: Given,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  const folder = await temporaryFolder('doctor')
  await chmod(folder, 0o700)
  try {
    for (const [name, text] of Object.entries(secrets))
      await writeFile(join(folder, name), text, { mode: 0o600 })
    const file = join(folder, 'config.yaml')
    await writeFile(file, stringify({ ...baseConfiguration(folder), ...configuration }))
    const sources = { file, env: {}, flags: {}, readFile: readConfigFile, known }
    const outside = { version, clock: { now: () => Date.now() + ahead }, over: new AbortController().signal }
    const opened = await openInstallation(sources, outside, daemonUrl)
    try {
      return await work(opened.installation)
    } finally {
      await opened.close()
    }
  } finally {
    await removeFolder(folder)
  }
}

/** What was found of a subject; throws with all findings when there is no such one. */
export function foundOf(found: readonly Found[], subject: string): Found {
  const one = found.find((candidate) => candidate.subject === subject)
  if (one === undefined) throw new Error(`nothing of ${subject}: ${JSON.stringify(found, null, 1)}`)
  return one
}

/** Subjects that have this state. */
export function subjectsThat(found: readonly Found[], state: Found['state']): readonly string[] {
  return found.filter((one) => one.state === state).map(({ subject }) => subject)
}
