import { resolve } from 'node:path'
import type { GoProgram } from '../go-program.ts'

const source = resolve(import.meta.dirname, '../../test/node')

/** kubelet, kube-scheduler and kube-proxy in one program. */
export const nodeProgram: GoProgram = { name: 'node', source }

/** The names that it goes by. */
export const nodePrograms = ['kubelet', 'kube-scheduler', 'kube-proxy'] as const

/** What enforces NetworkPolicies. */
export const policiesProgram: GoProgram = {
  name: 'policies',
  source,
  main: resolve(source, 'policies/main.go'),
}

/** The process that holds a pod's namespaces. */
export const pauseProgram: GoProgram = { name: 'pause', source, main: resolve(source, 'pause/main.go') }
