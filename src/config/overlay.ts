import type { Environment } from './contents.ts'
import { didYouMean, said, type Fault } from './faults.ts'
import { PREFIX, valueOf, variableOf, variablesOf, type Key } from './keys.ts'
import { at, pathText, put, type Path, type Tree } from './tree.ts'
import type { Refused } from './validate.ts'

/** A value that a variable or flag gives to a key. */
export interface Assignment {
  readonly path: Path
  readonly value: unknown
  /** The variable or flag, as a fault names it. */
  readonly location: string
}

export interface Overlay {
  readonly assignments: readonly Assignment[]
  readonly faults: readonly Fault[]
}

/** What the command line may say; the names are those of the flags. */
export interface ConfigFlags {
  readonly listen?: string | undefined
  readonly 'log-level'?: string | undefined
  readonly 'state-file'?: string | undefined
  /** `path=value`, any number of them. */
  readonly set?: readonly string[] | undefined
}

const flagPaths = { listen: 'http.listen', 'log-level': 'log.level', 'state-file': 'state.file' } as const

/** Read by others than the schema: where the file is, and what the client commands take. */
const otherVariables = ['CARACAL_GATE_CONFIG', 'CARACAL_GATE_URL', 'CARACAL_GATE_TOKEN', 'CARACAL_GATE_ACTOR']

// Kubernetes tells every pod of the Services beside it, and ours is likely to be named caracal-gate.
const serviceLinks = [
  /^CARACAL_GATE_(\w+_)?SERVICE_(HOST|PORT(_\w+)?)$/,
  /^CARACAL_GATE_(\w+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/,
]
// A variable that merely ends in PORT is a slip, unless it holds what Kubernetes writes there.
const servicePort = { name: /^CARACAL_GATE_(\w+_)?PORT$/, value: /^(tcp|udp|sctp):\/\// }

function isServiceLink(name: string, value: string): boolean {
  if (serviceLinks.some((pattern) => pattern.test(name))) return true
  return servicePort.name.test(name) && servicePort.value.test(value)
}

/** What the environment says, by the map of variables that the keys make. */
export function fromEnvironment(
  keys: readonly Key[],
  environment: Environment,
  refused: Refused = new Map(),
): Overlay {
  const assignments: Assignment[] = []
  const faults: Fault[] = []
  const entries = Object.entries(environment)
    .filter(([name]) => name.startsWith(PREFIX) && !otherVariables.includes(name))
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  for (const [name, value] of entries) {
    if (value === undefined) continue
    const found = variableAssignment(keys, name, value)
    if (found !== undefined) assignments.push(found)
    else if (!isServiceLink(name, value)) faults.push(unknownVariable(keys, name, refused))
  }
  return { assignments, faults: [...faults, ...givenTwice(assignments)] }
}

function variableAssignment(keys: readonly Key[], name: string, value: string): Assignment | undefined {
  for (const key of keys)
    for (const variable of variablesOf(key)) {
      const path = filledIn(key.path, variable, name)
      if (path === undefined) continue
      const location = `environment variable ${name}`
      if (key.kind !== 'secret') return { path, value: valueOf(key, value), location }
      return { path, value: variable === key.variable ? { env: name } : { file: value }, location }
    }
  return undefined
}

/** The path with its indexes, when `name` is that variable. */
function filledIn(path: readonly string[], variable: string, name: string): Path | undefined {
  if (!variable.includes('*')) return variable === name ? path : undefined
  const [head = '', tail = ''] = variable.split('*')
  if (!name.startsWith(head) || !name.endsWith(tail)) return undefined
  const index = name.slice(head.length, name.length - tail.length)
  if (!/^\d{1,3}$/.test(index)) return undefined
  return path.map((part) => (part === '*' ? Number(index) : part))
}

function unknownVariable(keys: readonly Key[], name: string, refused: Refused): Fault {
  const index = /_(\d{1,3})_/.exec(name)?.[1] ?? '0'
  const names = [...keys.flatMap(variablesOf), ...otherVariables].map((variable) =>
    variable.replace('*', index),
  )
  const allowed = 'the variables that docs/reference/configuration.md lists'
  const why =
    [...refused].find(([path]) => variableOf(path.split('.')) === name)?.[1] ??
    `is not known${didYouMean(name, names, PREFIX)}`
  return said({ path: [], location: undefined, allowed }, `environment variable ${name} ${why}`)
}

/** One key through two variables: a list as a whole and by item, or a secret from both of its places. */
function givenTwice(assignments: readonly Assignment[]): Fault[] {
  return assignments.flatMap((one, index) => {
    const text = pathText(one.path)
    const other = assignments
      .slice(0, index)
      .find(({ path }) => pathText(path) === text || text.startsWith(`${pathText(path)}.`))
    if (other === undefined) return []
    const { path, location } = one
    return [said({ path, location, allowed: 'one of the two' }, `${text} is also given by ${other.location}`)]
  })
}

/** What the flags say. */
export function fromFlags(keys: readonly Key[], flags: ConfigFlags, refused: Refused = new Map()): Overlay {
  const assignments: Assignment[] = []
  const faults: Fault[] = []
  for (const [flag, path] of Object.entries(flagPaths)) {
    const value = flags[flag as keyof typeof flagPaths]
    if (value !== undefined) assignments.push({ path: path.split('.'), value, location: `--${flag}` })
  }
  for (const text of flags.set ?? []) {
    const equals = text.indexOf('=')
    const found = equals < 1 ? undefined : setAssignment(keys, text.slice(0, equals), text.slice(equals + 1))
    if (found === undefined)
      faults.push(unknownSetting(keys, equals < 1 ? undefined : text.slice(0, equals), refused))
    else assignments.push(found)
  }
  return { assignments, faults }
}

function setAssignment(keys: readonly Key[], name: string, value: string): Assignment | undefined {
  const location = `--set ${name}`
  for (const key of keys) {
    const text = pathText(key.path)
    if (key.kind === 'secret') {
      for (const place of ['file', 'env']) {
        const path = filledIn(key.path, `${text}.${place}`, name)
        if (path !== undefined) return { path, value: { [place]: value }, location }
      }
      continue
    }
    const path = filledIn(key.path, text, name)
    if (path !== undefined) return { path, value: valueOf(key, value), location }
  }
  return undefined
}

function unknownSetting(keys: readonly Key[], name: string | undefined, refused: Refused): Fault {
  const allowed = '--set <key>=<value> with a key that docs/reference/configuration.md lists'
  if (name === undefined)
    return said({ path: [], location: undefined, allowed }, '--set has no key and value')
  const names = keys.flatMap((key) => {
    const text = pathText(key.path)
    return key.kind === 'secret' ? [`${text}.file`, `${text}.env`] : [text]
  })
  return said(
    { path: [], location: undefined, allowed },
    `--set: ${name} ${refused.get(name) ?? `is not a key${didYouMean(name, names)}`}`,
  )
}

/** Lays assignments over a tree. A list that is given by its items replaces the one that was there. */
export function overlaid(tree: Tree, assignments: readonly Assignment[]): Tree {
  const result = structuredClone(tree)
  const begun = new Set<string>()
  for (const { path, value } of assignments) {
    const index = path.findIndex((part) => typeof part === 'number')
    const list = path.slice(0, index)
    if (index > 0 && !begun.has(pathText(list))) {
      begun.add(pathText(list))
      if (at(result, list) !== undefined) put(result, list, [])
    }
    put(result, path, value)
  }
  return result
}
