import { ConfigError, faultText } from '../../config/faults.ts'
import { readConfigFile } from '../../config/files.ts'
import { loadConfig } from '../../config/load.ts'
import { known } from '../../daemon/known.ts'
import { ruleOptionsOf } from '../../daemon/rule-options.ts'
import type { JudgedBy } from '../../recording/happening.ts'
import { UsageError } from '../options.ts'
import type { CliProcess } from '../process.ts'

/**
 * What another configuration judges by. What was asked of the platform is as it was recorded, whatever that configuration
 * would ask. Secrets are not read: nothing is judged by them.
 * @throws UsageError
 */
export async function otherRules(
  file: string,
  env: CliProcess['env'],
): Promise<(recorded: JudgedBy) => JudgedBy> {
  try {
    const { config, shown, hash } = await loadConfig({
      file,
      env,
      flags: {},
      readFile: readConfigFile,
      known,
      withoutSecrets: true,
    })
    return ({ options }) => ({
      options: ruleOptionsOf(config, options.providers),
      release: config.release.name,
      configuration: shown,
      hash,
    })
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault
    throw new UsageError(`--config: the configuration is wrong:\n${fault.faults.map(faultText).join('\n')}`)
  }
}
