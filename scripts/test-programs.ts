import { clientPrograms, locateClient } from '../rig/clients.ts'
import { locateControlPlane } from '../rig/kubernetes/binaries.ts'
import { buildClient } from './clients.ts'
import { buildControlPlane } from './control-plane.ts'
import { helmBinary, locateHelm, oldestHelmBinary } from './helm.ts'
import { filesThatNeed } from './test-files.ts'

/** A program that tests start and that is built or fetched once; rejects with the reason when it can't be had. */
interface TestProgram {
  /** What the files that need it name. */
  readonly name: string
  isThere(): boolean
  make(say: (line: string) => void): Promise<unknown>
}

const clients = clientPrograms().map((program) => {
  const name = program.client
  return {
    name,
    isThere: () => locateClient(name) !== undefined || process.env['SKIP_CLIENTS'] === '1',
    make: (say: (line: string) => void) => buildClient(program, say),
  }
})

const programs: readonly TestProgram[] = [
  {
    name: 'kube-apiserver',
    // A folder of one's own is taken as it is, and so is the wish to wait for nothing.
    isThere: () =>
      locateControlPlane().found ||
      (process.env['KUBEBUILDER_ASSETS'] ?? '') !== '' ||
      process.env['SKIP_CONTROL_PLANE'] === '1',
    make: buildControlPlane,
  },
  {
    name: 'helmBinary',
    isThere: () => locateHelm() !== undefined,
    make: async (say) => {
      for (const find of [helmBinary, oldestHelmBinary])
        if ((await find(say)) === undefined) throw new Error('no helm, and it could not be fetched')
    },
  },
  ...clients,
]

/**
 * Builds and fetches what the tests need that vitest's arguments name (all of them without arguments), and
 * says by name what could not be had.
 */
export async function makeTestPrograms(
  args: readonly string[],
  say: (line: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const failed = new Map<string, string>()
  for (const program of programs) {
    if (program.isThere()) continue
    const files = filesThatNeed(program.name)
    const wanted = args.length === 0 || files.some((file) => args.some((arg) => file.includes(arg)))
    if (!wanted || files.length === 0) continue
    await program.make(say).catch((error: unknown) => {
      failed.set(program.name, error instanceof Error ? error.message : String(error))
    })
  }
  return failed
}
