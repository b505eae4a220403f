import { asking } from './completion-command.ts'
import type { Loaders } from './run.ts'

/** The commands of this folder; each loads what it needs when it is called, and nothing before. */
export const ownLoaders: Loaders = {
  status: async () => (await import('./status.ts')).status,
  wait: async () => (await import('./wait.ts')).wait,
  explain: async () => (await import('./explain.ts')).explain,
  rollouts: async () => (await import('./rollouts.ts')).rollouts,
  begin: async () => (await import('./begin.ts')).begin,
  finish: async () => (await import('./finish.ts')).finish,
  ack: async () => (await import('./ack.ts')).ack,
  'evidence render': async () => (await import('./evidence-render.ts')).evidenceRender,
  'evidence rollback-plan': async () => (await import('./evidence-rollback-plan.ts')).evidenceRollbackPlan,
  'evidence push': async () => (await import('./evidence-push.ts')).evidencePush,
  completion: async () => (await import('./completion.ts')).completion,
  [asking]: async () => (await import('./completion.ts')).answerShell,
  healthcheck: async () => (await import('./healthcheck.ts')).healthcheck,
}
