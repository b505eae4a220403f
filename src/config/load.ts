import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { stringify } from 'yaml'
import { byText } from '../core/lists.ts'
import type { Environment } from './contents.ts'
import { contradictions } from './contradictions.ts'
import { documentOf, noDocument, type ConfigDocument } from './document.ts'
import { ConfigError, faultText, said, type Fault } from './faults.ts'
import { noting, readProblem, type Digests, type ReadFile } from './files.ts'
import { describedSchema, keysUnder, publishedSchema, refusedKeys, type Known } from './keys.ts'
import { fromEnvironment, fromFlags, overlaid, type Assignment, type ConfigFlags } from './overlay.ts'
import { configSchema, type Config } from './schema.ts'
import { shownBy } from './shown.ts'
import { lastingShadows } from './switches.ts'
import { isMapping, pathText, type Path, type Tree } from './tree.ts'
import { validate } from './validate.ts'

/** Everything that a configuration is made from; flags outweigh the environment, and that outweighs the file. */
export interface ConfigSources {
  /** The configuration file; without it `CARACAL_GATE_CONFIG` names one, or there is none. */
  readonly file?: string | undefined
  readonly env: Environment
  readonly flags: ConfigFlags
  readonly readFile: ReadFile
  readonly known: Known
  /** The time that it is; by the clock of the machine, unless given. */
  readonly now?: number
  /** Judges what is written alone: no file that it refers to is read, and no variable that holds a secret. */
  readonly syntaxOnly?: boolean
  /** Reads neither secrets nor certificates. */
  readonly withoutSecrets?: boolean
}

export interface LoadedConfig {
  readonly config: Config
  /** The configuration as everyone may see it. */
  readonly shown: unknown
  /** SHA-256 of what is shown: `sha256:` and 64 hex digits. */
  readonly hash: string
  /** The configuration file and every file that it refers to, for `watchConfig`. */
  readonly files: Digests
}

/**
 * Reads, checks and resolves the configuration.
 * @throws ConfigError with everything that is wrong
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { env, flags, known, syntaxOnly = false, withoutSecrets = false, now = Date.now() } = sources
  const files = new Map<string, string>()
  const readFile = noting(sources.readFile, files)
  const schema = configSchema(known, { readFile, environment: env, syntaxOnly, withoutSecrets })
  const described = describedSchema(schema)
  const keys = keysUnder(described, [])
  const file = sources.file ?? env['CARACAL_GATE_CONFIG']
  const document = file === undefined ? noDocument : await readDocument(file, readFile)
  const refused = refusedKeys(known)
  const overlays = [fromEnvironment(keys, env, refused), fromFlags(keys, flags, refused)]
  const outside = overlays.flatMap((overlay) => overlay.assignments)
  const faults = [...document.faults, ...overlays.flatMap((overlay) => overlay.faults)]
  // What a file that cannot be read lacks is not to be called missing.
  if (document.faults.length > 0) throw new ConfigError(faults, files)

  const base = asMeant(described, document.tree, file === undefined ? '' : dirname(file))
  const layers = overlays.map((overlay) => overlay.assignments)
  const tree = layers.reduce(overlaid, isMapping(base) ? base : {})
  const locate = locator(document, outside)
  const validated = await validate(schema, { tree, described, locate, refused })
  if (!validated.ok) faults.push(...validated.faults)
  faults.push(...contradictions({ tree, locate }))
  if (validated.ok) faults.push(...lastingShadows(validated.output, locate, now))
  if (!validated.ok || faults.length > 0) throw new ConfigError(inOrder(faults), files)
  const shown = shownBy(schema, validated.output)
  const hash = createHash('sha256').update(JSON.stringify(shown)).digest('hex')
  return { config: validated.output, shown, hash: `sha256:${hash}`, files }
}

/** What the command `check-config` says and exits with. */
export interface Checked {
  readonly exitCode: 0 | 2
  readonly stdout: string
  readonly stderr: string
}

/** The effective configuration without its secrets as YAML, or everything that is wrong with it, one fault a line. */
export async function checkConfig(sources: ConfigSources): Promise<Checked> {
  try {
    const { shown } = await loadConfig(sources)
    return { exitCode: 0, stdout: stringify(shown, { lineWidth: 0 }), stderr: '' }
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

/** What an editor reads: the JSON Schema of the configuration file. */
export function schemaFor(known: Known): Tree {
  return publishedSchema(configSchema(known))
}

async function readDocument(file: string, readFile: ReadFile): Promise<ConfigDocument> {
  try {
    return documentOf(file, await readFile(file))
  } catch (error) {
    const about = { path: [], location: file, allowed: 'a readable YAML file' }
    return { ...noDocument, faults: [said(about, `the configuration file is one ${readProblem(error)}`)] }
  }
}

/**
 * A file as it is meant: a mapping whose entries are all commented out is null to YAML and meant as empty, and relative
 * paths start from the folder of the file.
 */
function asMeant(described: Tree, value: unknown, folder: string): unknown {
  const kind = described['x-kind']
  if (kind === 'path' || kind === 'file')
    return typeof value === 'string' && value !== '' ? resolve(folder, value) : value
  if (kind === 'secret') {
    const file = isMapping(value) ? value['file'] : undefined
    return typeof file === 'string' && file !== '' && isMapping(value)
      ? { ...value, file: resolve(folder, file) }
      : value
  }
  const { properties, items } = described
  if (isMapping(items) && Array.isArray(value)) return value.map((item) => asMeant(items, item, folder))
  if (kind !== undefined || !isMapping(properties)) return value
  if (value === null) return {}
  if (!isMapping(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const node = Object.hasOwn(properties, key) ? properties[key] : undefined
      return [key, isMapping(node) ? asMeant(node, child, folder) : child]
    }),
  )
}

/** Says where a value came from: the flag or variable that gave it or a part of it, else its place in the file. */
function locator(document: ConfigDocument, assignments: readonly Assignment[]) {
  const latest = assignments.toReversed().map(({ path, location }) => ({ text: pathText(path), location }))
  return function locate(path: Path): string | undefined {
    const text = pathText(path)
    const index = path.findIndex((part) => typeof part === 'number')
    const item = index < 0 ? undefined : pathText(path.slice(0, index + 1))
    const found =
      latest.find((one) => one.text === text || text.startsWith(`${one.text}.`)) ??
      latest.find((one) => item !== undefined && one.text.startsWith(`${item}.`))
    return found?.location ?? document.locate(path)
  }
}

/** As one reads them: down the file, then what came from elsewhere, by its name. */
function inOrder(faults: readonly Fault[]): readonly Fault[] {
  function placeOf({ location }: Fault): number {
    const [, line, column] = /:(\d+):(\d+)$/.exec(location ?? '') ?? []
    return line === undefined ? Number.MAX_SAFE_INTEGER : Number(line) * 1e6 + Number(column)
  }
  return faults.toSorted((a, b) => placeOf(a) - placeOf(b) || byText(a.location ?? '', b.location ?? ''))
}
