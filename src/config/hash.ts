import { createHash } from 'node:crypto'
import type { Config } from './config.ts'
import { redactedConfig } from './redact.ts'

/** A configuration as it may be shown, and the SHA-256 of that: `sha256:` and 64 hex digits. Secrets are in neither. */
export function shownConfig(config: Config): { readonly shown: unknown; readonly hash: string } {
  const shown = redactedConfig(config)
  const hash = createHash('sha256').update(JSON.stringify(shown)).digest('hex')
  return { shown, hash: `sha256:${hash}` }
}
