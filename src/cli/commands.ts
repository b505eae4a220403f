import { explain, rollouts, status, wait } from './ask-commands.ts'
import { completion } from './completion-command.ts'
import type { Command } from './command.ts'
import { doctor } from './doctor-command.ts'
import { evidencePush, evidenceRender, evidenceRollbackPlan } from './evidence-commands.ts'
import { checkConfig, healthcheck, serve } from './run-commands.ts'
import { ack, begin, finish } from './tell-commands.ts'

/** Every command and option, as the parser, the help and the completion read them. */
export const commands: readonly Command[] = [
  status,
  wait,
  explain,
  rollouts,
  begin,
  finish,
  ack,
  evidenceRender,
  evidenceRollbackPlan,
  evidencePush,
  serve,
  checkConfig,
  doctor,
  healthcheck,
  completion,
]

/** The first words of commands of two. */
export const groups: readonly string[] = [
  ...new Set(commands.flatMap(({ name }) => (name.includes(' ') ? name.split(' ').slice(0, 1) : []))),
]
