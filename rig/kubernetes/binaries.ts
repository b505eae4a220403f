import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { builtFolder, type GoProgram } from '../go-program.ts'

/** Paths of the programs of a Kubernetes control plane. */
export type ControlPlaneBinaries = {
  readonly etcd: string
  readonly apiServer: string
  readonly controllerManager: string
}

/** Where the programs are, or why there are none and what to do about it. */
export type LocatedControlPlane =
  | { readonly found: true; readonly binaries: ControlPlaneBinaries }
  | { readonly found: false; readonly why: string }

/** The Go module that the control plane is built from. */
export const controlPlane: GoProgram = {
  name: 'control-plane',
  source: resolve(import.meta.dirname, '../../test/control-plane'),
}

/** The names that the one program goes by; its folder can be used as KUBEBUILDER_ASSETS elsewhere. */
export const controlPlanePrograms = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const

/** The programs in the folder KUBEBUILDER_ASSETS, else those that `scripts/control-plane.ts` has built. */
export function locateControlPlane(): LocatedControlPlane {
  const given = process.env['KUBEBUILDER_ASSETS']
  if (given !== undefined && given !== '') {
    const lacking = missingIn(given)
    if (lacking.length === 0) return { found: true, binaries: binariesIn(given) }
    return { found: false, why: `KUBEBUILDER_ASSETS names ${given}, which lacks ${lacking.join(' and ')}` }
  }
  const cache = builtFolder(controlPlane)
  if (missingIn(cache).length === 0) return { found: true, binaries: binariesIn(cache) }
  return {
    found: false,
    why: 'it is not built yet: run `node scripts/control-plane.ts`, which needs Go and takes some minutes once',
  }
}

function missingIn(folder: string): readonly string[] {
  return controlPlanePrograms.filter((name) => !existsSync(join(folder, name)))
}

function binariesIn(folder: string): ControlPlaneBinaries {
  return {
    etcd: join(folder, 'etcd'),
    apiServer: join(folder, 'kube-apiserver'),
    controllerManager: join(folder, 'kube-controller-manager'),
  }
}
