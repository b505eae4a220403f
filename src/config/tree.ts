/** A place in a configuration: keys, and indexes of lists. */
export type Path = readonly (string | number)[]

/** A configuration as it was read, before anything is known about its form. */
export type Tree = { [key: string]: unknown }

export function pathText(path: Path): string {
  return path.join('.')
}

export function isMapping(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at `path`, or undefined. */
export function at(tree: unknown, path: Path): unknown {
  let value = tree
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)]
    else if (isMapping(value) && Object.hasOwn(value, key)) value = value[key]
    else return undefined
  }
  return value
}

/** Puts `value` at `path`, making the mappings and lists that lead there. */
export function put(tree: Tree, path: Path, value: unknown): void {
  let place: Tree | unknown[] = tree
  path.forEach((key, index) => {
    const next = path[index + 1]
    const held = read(place, key)
    const fits = typeof next === 'number' ? Array.isArray(held) : isMapping(held)
    const child: unknown = next === undefined ? value : fits ? held : typeof next === 'number' ? [] : {}
    write(place, key, child)
    if (next !== undefined) place = child as Tree | unknown[]
  })
}

function read(place: Tree | unknown[], key: string | number): unknown {
  return Array.isArray(place) ? place[Number(key)] : place[key]
}

function write(place: Tree | unknown[], key: string | number, value: unknown): void {
  if (Array.isArray(place)) place[Number(key)] = value
  else place[key] = value
}
