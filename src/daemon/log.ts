import { pino, type Logger } from 'pino'
import type { LogLevel } from '../config/schema.ts'

/** What a log line must never hold, wherever it turns up in what is logged. */
const secretPaths = [
  'password',
  'token',
  'authorization',
  'metricsBearer',
  'key',
  'connectionString',
  'url',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/** JSON lines for machines to collect, on the given stream; secrets are taken out. */
export function openLog(level: LogLevel, out: { write(text: string): unknown }): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: '<redacted>' },
    },
    { write: (line) => void out.write(line) },
  )
}
