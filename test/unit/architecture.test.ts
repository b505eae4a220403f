import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layers, packageExceptions } from '../../oxlint.config.ts'

const root = resolve(import.meta.dirname, '../..')
const source = join(root, 'src')

interface Import {
  readonly from: string
  /** A path relative to `src`, or the name of a package or node module. */
  readonly to: string
  readonly inside: boolean
  readonly kind: 'static' | 'type' | 'dynamic'
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .toSorted()

// Both `import`/`export ... from` at the start of a line and `import()` wherever it stands.
const statement =
  /^(?:import|export)\s+(type\s)?(?:[\w$*{},\s]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm

function importsOf(file: string): Import[] {
  const text = readFileSync(join(source, file), 'utf8')
  return [...text.matchAll(statement)].map(([, type, fixed, late]) => {
    const specifier = fixed ?? late ?? ''
    const inside = specifier.startsWith('.')
    const to = inside ? relative(source, resolve(source, dirname(file), specifier)) : specifier
    return { from: file, to, inside, kind: late ? 'dynamic' : type ? 'type' : 'static' }
  })
}

const imports = files.flatMap(importsOf)

function allows(list: readonly string[], to: string, inside: boolean): boolean {
  if (inside) return list.includes(dirname(to)) || list.includes(to)
  return list.some(
    (name) => name === '*' || name === to || (name.endsWith('*') && to.startsWith(name.slice(0, -1))),
  )
}

/** The layer that a folder is, or that it is a part of. */
function layerOf(folder: string): string {
  const [head = '', ...rest] = folder.split('/')
  return layers[head]?.folders?.includes(rest.join('/')) ? head : folder
}

function isAllowed({ from, to, inside, kind }: Import): boolean {
  const folder = layerOf(dirname(from))
  const layer = layers[folder]
  if (layer === undefined) return from === 'main.ts'
  if (kind === 'dynamic' && layer.lazily?.includes(to)) return true
  if (inside) return layerOf(dirname(to)) === folder || allows(layer.imports, to, true)
  return allows([...layer.packages, ...(packageExceptions[from] ?? [])], to, false)
}

function words({ from, to }: Import): string {
  return `${from} -> ${to}`
}

/** Everything that is loaded as soon as one of these files is: static imports that are more than types. */
function loadedBy(entries: readonly string[]): Set<string> {
  const loaded = new Set(entries)
  for (const file of loaded)
    for (const { from, to, kind } of imports) if (from === file && kind === 'static') loaded.add(to)
  return loaded
}

describe('the source tree', () => {
  it('has a row in the layer table for every folder', () => {
    const folders = new Set(files.map((file) => layerOf(dirname(file))).filter((folder) => folder !== '.'))
    expect([...folders].filter((folder) => layers[folder] === undefined)).toEqual([])
  })

  it('keeps nothing beside the folders but main.ts', () => {
    expect(files.filter((file) => dirname(file) === '.' && file !== 'main.ts')).toEqual([])
  })

  it('only lets a folder import what stands above it in the table', () => {
    const order = Object.keys(layers)
    const upward = Object.entries(layers).flatMap(([folder, layer]) =>
      layer.imports
        .map((path) => (path.endsWith('.ts') ? dirname(path) : path))
        .filter((path) => order.indexOf(path) < 0 || order.indexOf(path) >= order.indexOf(folder))
        .map((path) => `${folder} -> ${path}`),
    )
    expect(upward).toEqual([])
  })

  it('reads real import statements', () => {
    expect(files.length).toBeGreaterThan(0)
    expect(imports.length).toBeGreaterThan(files.length / 2)
  })

  it('imports only downwards, types and dynamic imports included', () => {
    expect(imports.filter((one) => !isAllowed(one)).map(words)).toEqual([])
  })

  it('loads every command of main.ts lazily', () => {
    const early = imports.filter(
      ({ from, to, kind }) => from === 'main.ts' && kind === 'static' && !to.startsWith('node:'),
    )
    expect(early.map(words)).toEqual([])
  })

  it('starts the command line without the libraries of the daemon', () => {
    const entries = files.filter((file) => dirname(file) === 'cli')
    const packagesOf = (some: readonly string[]): readonly string[] =>
      [...loadedBy(some)].filter((name) => !files.includes(name) && !name.startsWith('node:')).toSorted()
    expect(packagesOf(entries)).toEqual(['commander', 'libpg-query'])
    // Postgres' parser is for the one command that reads migrations, when it runs.
    const readers = ['cli/rollback-plan.ts']
    expect(packagesOf(entries.filter((file) => !readers.includes(file)))).toEqual(['commander'])
    // The version is said without a parser.
    expect(packagesOf(['cli/run.ts', 'cli/commands.ts'])).toEqual([])
  })
})
