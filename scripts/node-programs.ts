import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeProgram, nodePrograms, pauseProgram } from '../rig/node/programs.ts'
import { kubernetesVersion } from './control-plane.ts'
import { buildGoProgram } from './go-build.ts'

/** Builds what a node runs unless it is there, and returns the folder of kubelet and the others. */
export async function buildNodePrograms(say: (line: string) => void): Promise<string> {
  await buildGoProgram({ program: pauseProgram, what: 'the process that holds a pod' }, say)
  const building = {
    program: nodeProgram,
    what: 'the Kubernetes node (a minute after the control plane, five without it)',
    linkerFlags: await kubernetesVersion(nodeProgram),
    async finish(folder: string): Promise<void> {
      for (const name of nodePrograms) await symlink('program', join(folder, name))
    },
  }
  return buildGoProgram(building, say)
}
