import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeProgram, nodePrograms, pauseProgram, policiesProgram } from '../rig/node/programs.ts'
import { kubernetesVersion } from './control-plane.ts'
import { buildGoProgram } from './go-build.ts'

/** Builds what a node runs unless it is there, and returns the folders of kubelet and the others, and of the enforcer. */
export async function buildNodePrograms(
  say: (line: string) => void,
): Promise<{ readonly programs: string; readonly policies: string }> {
  await buildGoProgram({ program: pauseProgram, what: 'the process that holds a pod' }, say)
  const building = {
    program: nodeProgram,
    what: 'the Kubernetes node (a minute after the control plane, five without it)',
    linkerFlags: await kubernetesVersion(nodeProgram),
    async finish(folder: string): Promise<void> {
      for (const name of nodePrograms) await symlink('program', join(folder, name))
    },
  }
  const programs = await buildGoProgram(building, say)
  const enforcer = { program: policiesProgram, what: 'the enforcer of NetworkPolicies (a minute)' }
  return { programs, policies: await buildGoProgram(enforcer, say) }
}
