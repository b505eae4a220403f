import type { Commands } from './command.ts'

/** Every command, in the order of the help: the name, and the file that declares and runs it. One line for each. */
export const commands: Commands = {
  status: async () => (await import('./status.ts')).status,
  wait: async () => (await import('./wait.ts')).wait,
  explain: async () => (await import('./explain.ts')).explain,
  rollouts: async () => (await import('./rollouts.ts')).rollouts,
  'rollouts export': async () => (await import('./rollouts-export.ts')).rolloutsExport,
  record: async () => (await import('./record.ts')).record,
  verify: async () => (await import('./verify.ts')).verify,
  begin: async () => (await import('./begin.ts')).begin,
  finish: async () => (await import('./finish.ts')).finish,
  ack: async () => (await import('./ack.ts')).ack,
  override: async () => (await import('./override.ts')).override,
  'evidence render': async () => (await import('./evidence-render.ts')).evidenceRender,
  'evidence rollback-plan': async () => (await import('./evidence-rollback-plan.ts')).evidenceRollbackPlan,
  'evidence push': async () => (await import('./evidence-push.ts')).evidencePush,
  canary: async () => (await import('./canary.ts')).canary,
  serve: async () => (await import('./serve.ts')).serve,
  mirror: async () => (await import('./mirror.ts')).mirror,
  'check-config': async () => (await import('./check-config.ts')).checkConfig,
  replay: async () => (await import('./replay.ts')).replay,
  doctor: async () => (await import('./doctor.ts')).doctor,
  healthcheck: async () => (await import('./healthcheck.ts')).healthcheck,
  completion: async () => (await import('./completion.ts')).completion,
}
