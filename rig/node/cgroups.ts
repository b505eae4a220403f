import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

// Version 1 has a tree for each controller, version 2 one tree; on either, a pod's container has a folder named after it.

const mount = '/sys/fs/cgroup'
const controllers = ['cpu', 'cpuset', 'memory', 'pids']

const isUnified = existsSync(join(mount, 'cgroup.controllers'))

async function trees(): Promise<readonly string[]> {
  if (isUnified) return [mount]
  const names = await readdir(mount, { withFileTypes: true })
  return names.filter((name) => name.isDirectory()).map(({ name }) => join(mount, name))
}

/** Makes the group below which the kubelet puts the groups of pods. */
export async function makeCgroup(name: string): Promise<void> {
  if (isUnified) {
    const enabled = controllers.map((controller) => `+${controller}`).join(' ')
    await writeFile(join(mount, 'cgroup.subtree_control'), enabled)
  }
  for (const tree of await trees()) await mkdir(join(tree, name), { recursive: true })
  // By default the whole node would weigh as much as one process beside it, and be starved by a busy machine.
  const [tree, weight] = isUnified ? [mount, 'cpu.weight'] : [join(mount, 'cpu'), 'cpu.shares']
  await writeFile(join(tree, name, weight), isUnified ? '1600' : '16384')
}

/** Removes a group that holds no process any more, with those below it. */
export async function removeCgroup(name: string): Promise<void> {
  for (const tree of await trees()) await removeTree(join(tree, name))
}

async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await removeTree(join(folder, entry.name))
  // The kernel takes a moment to let go of processes that have ended.
  for (let turn = 1; ; turn += 1) {
    try {
      await rmdir(folder)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      if (turn === 100) throw error
      await new Promise((done) => setTimeout(done, 50))
    }
  }
}

/** What the kernel says of a container's memory, in bytes. */
export type ContainerMemory = { readonly limit: number; readonly peak: number; readonly failures: number }

/** Reads the group of the container with this id, below the group `name`. */
export async function memoryOf(name: string, containerId: string): Promise<ContainerMemory> {
  const root = join(isUnified ? mount : join(mount, 'memory'), name)
  const folder = await findFolder(root, containerId)
  if (folder === undefined) throw new Error(`no group of container ${containerId} below ${root}`)
  const number = async (file: string) => Number((await readFile(join(folder, file), 'utf8')).trim())
  if (!isUnified)
    return {
      limit: await number('memory.limit_in_bytes'),
      peak: await number('memory.max_usage_in_bytes'),
      failures: await number('memory.failcnt'),
    }
  const events = await readFile(join(folder, 'memory.events'), 'utf8')
  return {
    limit: await number('memory.max'),
    peak: await number('memory.peak'),
    failures: Number(/^max (\d+)$/m.exec(events)?.[1] ?? 0),
  }
}

async function findFolder(folder: string, name: string): Promise<string | undefined> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    if (entry.name === name) return join(folder, name)
    const below = await findFolder(join(folder, entry.name), name)
    if (below !== undefined) return below
  }
  return undefined
}
