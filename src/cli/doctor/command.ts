import { sourcesFrom } from '../serve.ts'
import type { Values } from '../command.ts'
import type { doctorOptions } from '../doctor.ts'
import { UsageError } from '../options.ts'
import { exitCodes, interruptionCode } from '../exit-codes.ts'
import { paintFor } from '../paint.ts'
import type { CliProcess } from '../process.ts'
import { printable, printableJson } from '../text.ts'
import { readConfigFile } from '../../config/files.ts'
import { known } from '../../daemon/known.ts'
import { areaNames, diagnose, type Diagnosis } from './diagnose.ts'
import { diagnosisText } from './text.ts'
import { diagnosisDocument } from './document.ts'

/** `caracal-gate doctor`: why the exporter can't tell, or could not, and what fixes it. */
export async function runDoctor(process: CliProcess, given: Values<typeof doctorOptions>): Promise<number> {
  const version = await process.version()
  const { output } = given
  const only = areasFrom(given.only)
  const prometheus = addressFrom(given, 'prometheus')
  const alertmanager = addressFrom(given, 'alertmanager')
  const clock = { now: () => Date.now() }
  const diagnosis = await diagnose({
    sources: { ...sourcesFrom(given, process.env), readFile: readConfigFile, known },
    outside: {
      version,
      clock,
      over: process.interrupted,
      ...(prometheus !== undefined && { prometheus }),
      ...(alertmanager !== undefined && { alertmanagers: [alertmanager] }),
    },
    daemonUrl: addressFrom(given, 'url'),
    only,
  })
  if (process.interrupted.aborted) return interruptionCode(process.interrupted)
  const paint = paintFor(process, given.noColor)
  process.stdout.write(
    output === 'json'
      ? `${printableJson(diagnosisDocument(diagnosis, { version, at: clock.now() }))}\n`
      : diagnosisText(diagnosis, paint),
  )
  return exitCodeOf(diagnosis)
}

export function exitCodeOf({ isConfigured, findings }: Diagnosis): number {
  if (!isConfigured) return exitCodes.usage
  return findings.some(({ state }) => state === 'failed') ? exitCodes.blindSpot : exitCodes.proceed
}

function areasFrom(given: readonly string[]): readonly string[] | undefined {
  const text = given.join(',')
  if (text === '') return undefined
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const unknown = names.find((name) => !areaNames.includes(name))
  if (unknown !== undefined || names.length === 0)
    throw new UsageError(
      `--only is "${printable(text, 80)}"; allowed: ${areaNames.join(', ')}, with commas between`,
    )
  return names
}

/** The base URL that was given, with a slash at its end. */
function addressFrom(
  given: Values<typeof doctorOptions>,
  option: 'url' | 'prometheus' | 'alertmanager',
): string | undefined {
  const text = given[option]
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isGood = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === ''
  if (!isGood || url.username !== '' || url.password !== '')
    throw new UsageError(`--${option} must be a URL like http://host:9090, without user, password and query`)
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}
