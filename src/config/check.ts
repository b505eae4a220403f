import { stringify } from 'yaml'
import { ConfigError, faultText } from './faults.ts'
import { loadConfig, type ConfigSources } from './load.ts'
import { redactedConfig } from './redact.ts'

/** What the command `check-config` says and exits with. */
export interface Checked {
  readonly exitCode: 0 | 2
  readonly stdout: string
  readonly stderr: string
}

/** The effective configuration without its secrets as YAML, or everything that is wrong with it, one fault a line. */
export async function checkConfig(sources: ConfigSources): Promise<Checked> {
  try {
    const { config } = await loadConfig(sources)
    return { exitCode: 0, stdout: stringify(redactedConfig(config), { lineWidth: 0 }), stderr: '' }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const count = error.faults.length
    const lines = [
      ...error.faults.map(faultText),
      `The configuration has ${count} ${count === 1 ? 'fault' : 'faults'}.`,
    ]
    return { exitCode: 2, stdout: '', stderr: `${lines.join('\n')}\n` }
  }
}
