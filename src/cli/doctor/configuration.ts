import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ConfigError } from '../../config/faults.ts'
import type { Area, Installation } from './area.ts'
import { failed, ok, skipped, warning, type Found } from './finding.ts'
import { secretsOf } from './secrets.ts'
import { quoted } from './words.ts'

/** The files behind the configuration, and the place of its memory. Faults of the configuration itself end before. */
export const configuration: Area = {
  name: 'configuration',
  title: 'Configuration',
  async check(installation) {
    const files = await Promise.all(secretFilesOf(installation).map(judgedFile))
    return [
      ok('settings', `the configuration is valid (${installation.configHash.slice(0, 19)})`),
      ...files,
      await stateFile(installation),
    ]
  },
}

/** What is wrong with a configuration that can't be used; every fault says what is allowed in its place. */
export function faultsFound({ faults }: ConfigError): readonly Found[] {
  return faults.map(({ path, location, message, allowed }) =>
    failed(path === '' ? 'settings' : path, location === undefined ? message : `${location}: ${message}`, [
      `${path === '' ? 'settings' : path}: <${allowed}>`,
    ]),
  )
}

/** A file that holds a secret, as it is on disk. */
export interface SecretFile {
  readonly path: string
  /** The keys that it was read for. */
  readonly keys: readonly string[]
  readonly text: string
  /** Permission bits, as `0o640`. */
  readonly mode: number
}

/** A file is a secret's when what it holds, trimmed as the configuration does, is one. */
function secretFilesOf({ config, files }: Installation): readonly Omit<SecretFile, 'mode'>[] {
  const secrets = secretsOf(config)
  return [...files].flatMap(([path, text]) => {
    const keys = secrets.filter((secret) => secret.text === text.trim()).map(({ key }) => key)
    return keys.length === 0 ? [] : [{ path, text, keys: [...new Set(keys)] }]
  })
}

async function judgedFile(file: Omit<SecretFile, 'mode'>): Promise<Found> {
  const { mode } = await stat(file.path)
  return judgeSecretFile({ ...file, mode: mode & 0o777 })
}

export function judgeSecretFile({ path, keys, text, mode }: SecretFile): Found {
  const subject = keys.join(', ')
  if ((mode & 0o007) !== 0)
    return warning(
      subject,
      `everybody on this host may read ${path} (mode ${mode.toString(8).padStart(4, '0')})`,
      [`chmod o-rwx ${quoted(path)}`],
    )
  const blanks = text.slice(text.trimEnd().length).replace(/^\r?\n$/, '') + /^\s*/.exec(text)?.[0]
  if (blanks !== '' && !text.includes('-----BEGIN'))
    return warning(
      subject,
      `${path} has blanks around the secret; the exporter leaves them out, others who read it may not`,
      [`printf %s "$(tr -d '[:space:]' < ${quoted(path)})" > ${quoted(path)}`],
    )
  const end = text.endsWith('\n') ? '; its line break at the end is left out' : ''
  return ok(subject, `${path} is readable, and not by everybody${end}`)
}

/** Whether the memory could be written: the folder of the file, or the nearest one above that is there. */
async function stateFile({ config: { state } }: Installation): Promise<Found> {
  if (state.configMap !== undefined)
    return skipped('state.file', 'the memory is kept in a ConfigMap; see Kubernetes')
  const folder = await nearestFolder(dirname(state.file))
  const isWritable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
  if (isWritable) return ok('state.file', `${folder} may be written to`)
  return failed(
    'state.file',
    `${folder} may not be written to, so that nothing is remembered over a restart`,
    [`chown "$(id -u)" ${quoted(folder)}`, `state: { file: <a path in a folder that may be written to> }`],
  )
}

async function nearestFolder(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  )
  return isThere || dirname(folder) === folder ? folder : nearestFolder(dirname(folder))
}
