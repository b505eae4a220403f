import type { Config } from './config.ts'
import { fromFolder, readContents } from './contents.ts'
import { contradictions } from './contradictions.ts'
import { noting, type Digests } from './digests.ts'
import { documentOf, noDocument, type ConfigDocument } from './document.ts'
import { ConfigError, said, type Fault } from './faults.ts'
import { describedSchema, keysOf } from './keys.ts'
import { refusedKeys, type Known } from './known.ts'
import { fromEnvironment, fromFlags, overlaid } from './overlay.ts'
import type { Assignment, ConfigFlags, Environment } from './overlay.ts'
import { readProblem, type ReadFile } from './read.ts'
import { resolveConfig } from './resolve.ts'
import { configSchema } from './schema.ts'
import { isMapping, pathText, type Path } from './tree.ts'
import { validate, withEmptyMappings } from './validate.ts'

/** Everything that a configuration is made from; flags outweigh the environment, and that outweighs the file. */
export interface ConfigSources {
  /** The configuration file; without it `CARACAL_GATE_CONFIG` names one, or there is none. */
  readonly file?: string | undefined
  readonly env: Environment
  readonly flags: ConfigFlags
  readonly readFile: ReadFile
  readonly known: Known
}

export interface LoadedConfig {
  readonly config: Config
  /** The configuration file and every file that it refers to, for `watchConfig`. */
  readonly files: Digests
}

/**
 * Reads, checks and resolves the configuration.
 * @throws ConfigError with everything that is wrong
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { env, flags, known } = sources
  const files = new Map<string, string>()
  const readFile = noting(sources.readFile, files)
  const schema = configSchema(known)
  const keys = keysOf(schema)
  const described = describedSchema(schema)
  const file = sources.file ?? env['CARACAL_GATE_CONFIG']
  const document = file === undefined ? noDocument : await readDocument(file, readFile)
  const refused = refusedKeys(known)
  const overlays = [fromEnvironment(keys, env, refused), fromFlags(keys, flags, refused)]
  const outside = overlays.flatMap((overlay) => overlay.assignments)
  const faults = [...document.faults, ...overlays.flatMap((overlay) => overlay.faults)]
  // What a file that cannot be read lacks is not to be called missing.
  if (document.faults.length > 0) throw new ConfigError(faults, files)

  const base = withEmptyMappings(described, document.tree)
  const layers = overlays.map((overlay) => overlay.assignments)
  const tree = layers.reduce(overlaid, isMapping(base) ? base : {})
  const locate = locator(document, outside)
  const contents = await readContents(keys, { tree, locate, file, environment: env, readFile })
  const validated = validate(schema, { tree, described, locate, refused })
  if (!validated.ok) faults.push(...validated.faults)
  faults.push(...contradictions({ tree, locate }), ...contents.faults)
  if (!validated.ok || faults.length > 0) throw new ConfigError(inOrder(faults), files)

  const config = resolveConfig(validated.output, (path) => contents.texts.get(path))
  const state = { ...config.state, file: fromFolder({ file, locate }, ['state', 'file'], config.state.file) }
  const kubeconfig = config.kubernetes?.kubeconfig
  const kubernetes =
    config.kubernetes !== undefined && kubeconfig !== undefined
      ? {
          ...config.kubernetes,
          kubeconfig: fromFolder({ file, locate }, ['kubernetes', 'kubeconfig'], kubeconfig),
        }
      : config.kubernetes
  return { config: { ...config, state, ...(kubernetes !== undefined && { kubernetes }) }, files }
}

async function readDocument(file: string, readFile: ReadFile): Promise<ConfigDocument> {
  try {
    return documentOf(file, await readFile(file))
  } catch (error) {
    const about = { path: [], location: file, allowed: 'a readable YAML file' }
    return { ...noDocument, faults: [said(about, `the configuration file is one ${readProblem(error)}`)] }
  }
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

/** As one reads them: down the file, then what came from elsewhere. */
function inOrder(faults: readonly Fault[]): readonly Fault[] {
  function placeOf({ location }: Fault): number {
    const [, line, column] = /:(\d+):(\d+)$/.exec(location ?? '') ?? []
    return line === undefined ? Number.MAX_SAFE_INTEGER : Number(line) * 1e6 + Number(column)
  }
  return faults.toSorted((a, b) => placeOf(a) - placeOf(b))
}
