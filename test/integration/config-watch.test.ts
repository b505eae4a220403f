import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestsOf, readConfigFile, watchConfig, type WatchOptions } from '../../src/config/files.ts'
import { until, watchFor } from '../support/waiting.ts'

let folder: string
let stops: (() => void)[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-config-'))
  stops = []
})
afterEach(async () => {
  for (const stop of stops) stop()
  await rm(folder, { recursive: true, force: true })
})

/** Watches, without the poll unless a test is about it. Gives the number of changes told so far. */
async function watching(
  files: readonly string[],
  options: Partial<WatchOptions> = {},
): Promise<() => number> {
  let changes = 0
  const watch = watchConfig({
    files: await digestsOf(files, readConfigFile),
    onChange: () => {
      changes += 1
    },
    debounce: 50,
    poll: 600_000,
    ...options,
  })
  stops.push(() => watch.stop())
  return () => changes
}

/** Waits until `changes` have been told, and then whether more are. */
async function expectChanges(told: () => number, changes: number): Promise<void> {
  await until(() => told() >= changes)
  await watchFor(300)
  expect(told()).toBe(changes)
}

/** Puts a new version in place as Kubernetes does for a mounted ConfigMap or Secret. */
async function flip(version: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, `..${version}`))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `..${version}`, name), text)
  await symlink(`..${version}`, join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
}

describe('a watched configuration', () => {
  it('tells of every flip of the symbolic link through which it is mounted', async () => {
    const [config, secret] = [join(folder, 'gate.yaml'), join(folder, 'password')]
    await flip('v1', { 'gate.yaml': 'a: 1', password: 'one' })
    await symlink('..data/gate.yaml', config)
    await symlink('..data/password', secret)
    const told = await watching([config, secret])
    for (const [index, password] of ['two', 'three', 'four'].entries()) {
      await flip(`v${index + 2}`, { 'gate.yaml': 'a: 1', password })
      await rm(join(folder, `..v${index + 1}`), { recursive: true })
      await expectChanges(told, index + 1)
    }
  })

  it('says nothing of a flip to the same content', async () => {
    const config = join(folder, 'gate.yaml')
    await flip('v1', { 'gate.yaml': 'a: 1' })
    await symlink('..data/gate.yaml', config)
    const told = await watching([config])
    await flip('v2', { 'gate.yaml': 'a: 1' })
    await expectChanges(told, 0)
  })

  it('tells once of a file that is written in pieces, and nothing of one that is touched', async () => {
    const config = join(folder, 'gate.yaml')
    await writeFile(config, 'a: 1')
    const told = await watching([config], { debounce: 500 })
    await utimes(config, new Date(), new Date())
    await writeFile(join(folder, 'neighbour'), 'x')
    await expectChanges(told, 0)
    for (const text of ['a: 2', 'a: 3', 'a: 4']) await writeFile(config, text)
    await expectChanges(told, 1)
  })

  it('tells of a file that an editor replaces, of one that goes, and of one that comes', async () => {
    const config = join(folder, 'gate.yaml')
    await writeFile(config, 'a: 1')
    const told = await watching([config, join(folder, 'secret')])
    await writeFile(join(folder, 'gate.yaml~'), 'a: 2')
    await rename(join(folder, 'gate.yaml~'), config)
    await expectChanges(told, 1)
    await rm(config)
    await expectChanges(told, 2)
    await writeFile(join(folder, 'secret'), 's')
    await expectChanges(told, 3)
  })

  it('tells of a change between loading and watching', async () => {
    const config = join(folder, 'gate.yaml')
    await writeFile(config, 'a: 1')
    const files = await digestsOf([config], readConfigFile)
    await writeFile(config, 'a: 2')
    await expectChanges(await watching([config], { files }), 1)
  })

  it('sees by its poll what no watch can tell, and a folder that is made anew', async () => {
    const inner = join(folder, 'later')
    const config = join(inner, 'gate.yaml')
    const told = await watching([config], { poll: 100 })
    await mkdir(inner)
    await writeFile(config, 'a: 1')
    await expectChanges(told, 1)
    await rm(inner, { recursive: true })
    await expectChanges(told, 2)
    await mkdir(inner)
    await writeFile(config, 'a: 2')
    await expectChanges(told, 3)
  })

  it('is not held back by a busy folder', async () => {
    const config = join(folder, 'gate.yaml')
    await writeFile(config, 'a: 1')
    let reads = 0
    const told = await watching([config], {
      debounce: 300,
      readFile: (path) => {
        reads += 1
        return readConfigFile(path)
      },
    })
    // The check at the start must not see the change.
    await until(() => reads > 0)
    await writeFile(config, 'a: 2')
    for (let writes = 0; writes < 500 && told() === 0; writes += 1) {
      await writeFile(join(folder, 'log'), String(writes))
      await watchFor(10)
    }
    expect(told()).toBe(1)
  })

  it('X31: reads nothing because of other files in its folder', async () => {
    const config = join(folder, 'gate.yaml')
    await writeFile(config, 'a: 1')
    let reads = 0
    const told = await watching([config], {
      readFile: (path) => {
        reads += 1
        return readConfigFile(path)
      },
    })
    await until(() => reads > 0)
    for (let turn = 0; turn < 8; turn += 1) {
      await writeFile(join(folder, 'state.json.lock'), String(turn))
      await writeFile(join(folder, 'state.json.new'), String(turn))
      await rename(join(folder, 'state.json.new'), join(folder, 'state.json'))
      // Longer than the folder must be quiet before the files are read.
      await watchFor(120)
    }
    await writeFile(config, 'a: 2')
    await expectChanges(told, 1)
    // Writing a file is two changes of it.
    expect(reads).toBeLessThanOrEqual(3)
  })

  it('says nothing more once it is stopped', async () => {
    const config = join(folder, 'gate.yaml')
    await writeFile(config, 'a: 1')
    const told = await watching([config], { poll: 100 })
    for (const stop of stops) stop()
    await writeFile(config, 'a: 2')
    await expectChanges(told, 0)
  })
})
