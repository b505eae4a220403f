import { canaryOptions } from './canary/options.ts'
import { command } from './command.ts'
import { pushOptions } from './evidence.ts'
import { flag, text } from './options.ts'

const { dryRun: _, ...pushing } = pushOptions

/** The options of `caracal-gate canary`. */
export const canaryCommandOptions = {
  ...canaryOptions,
  push: flag('push the result as evidence of the check canary; needs a token'),
  digest: text('sha256:HEX', 'digest of the manifest that it is about, for --push'),
  ...pushing,
}

/** `caracal-gate canary`: proves by requests of its own that the platform allows, denies, audits and revokes. */
export const canary = command({
  name: 'canary',
  area: 'tell',
  says: 'prove by requests that the platform allows, denies, audits and revokes',
  more: [
    'Exchanges a token through each STS replica and calls a resource through each Gateway replica, once allowed and once denied for the right reason. Then it waits for the audit events of exactly these requests, revokes two of its own sessions, one after the other, and waits until each Gateway replica denies them.',
    'Each request is sent once: one that was lost is unknown, never pass. Only looking for an audit event and trying a revoked session repeat, until their limit.',
    'Every option of the canary can also be set by a variable, such as CARACAL_CANARY_AUDIT_WITHIN, or in the file of --config; an option comes before a variable, and that before the file. Run it with an identity of its own: docs/use/canary.md says which rights that needs.',
    'Exits 0 when everything passed, 8 when something failed, 9 when nothing failed and something is not proven, 5 when --push could not reach the exporter or the exporter refused.',
  ],
  options: canaryCommandOptions,
  exits: [0, 5, 8, 9],
  examples: [
    ['caracal-gate canary --config canary.yaml', 'after an upgrade'],
    [
      'caracal-gate canary --config canary.yaml --push --rollout caracal/48 --valid-for 30m',
      'as evidence for a rollout',
    ],
  ],
  async run(process, values, _, given) {
    const { runCommand } = await import('./canary/command.ts')
    return runCommand(process, values, given)
  },
})
