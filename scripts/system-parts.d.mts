/** A program that npm does not bring. */
export interface SystemPart {
  readonly name:
    'alertmanager' | 'chromium' | 'faketime' | 'iproute2' | 'pgbouncer' | 'promtool' | 'psql' | 'redis-server'
  readonly debianPackage: string
  /** What a person types to get it. */
  readonly advice: string
}

/** The parts among `names` that this machine lacks. */
export function missingParts(names: readonly SystemPart['name'][]): SystemPart[]
