// Builds the Kubernetes control plane that tests start (etcd, kube-apiserver, kube-controller-manager) from Go
// modules, once, into a folder outside the repository, and prints that folder:
//   node scripts/control-plane.ts
// The folder serves as KUBEBUILDER_ASSETS too. Needs Go; takes minutes, and nothing when it is built already.
import { readFile, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { controlPlane, controlPlanePrograms } from '../rig/kubernetes/binaries.ts'
import type { GoProgram } from '../rig/go-program.ts'
import { buildGoProgram } from './go-build.ts'

/** Builds the control plane unless it is there and returns its folder; `say` hears what takes long. */
export async function buildControlPlane(say: (line: string) => void): Promise<string> {
  const building = {
    program: controlPlane,
    what: 'the Kubernetes control plane (about 5 minutes on 2 cores)',
    linkerFlags: await kubernetesVersion(controlPlane),
    async finish(folder: string): Promise<void> {
      for (const name of controlPlanePrograms) await symlink('program', join(folder, name))
    },
  }
  return buildGoProgram(building, say)
}

/** Kubernetes' own build stamps the version in; without it the API server calls itself v0.0.0. */
export async function kubernetesVersion({ source }: GoProgram): Promise<readonly string[]> {
  const text = await readFile(join(source, 'go.mod'), 'utf8')
  const [, version, major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/.exec(text) ?? []
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }
  return Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
}

async function main(): Promise<number> {
  try {
    const folder = await buildControlPlane((line) => process.stderr.write(`${line}\n`))
    process.stdout.write(`${folder}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  process.exitCode = await main()
}
