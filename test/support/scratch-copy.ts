import { cp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'

const root = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

/** A copy of parts of the repository to which something is added, with the packages of the original. */
export interface ScratchCopy {
  readonly folder: string
  /** Makes a file of the copy from its text. */
  change(file: string, by: (text: string) => string): Promise<void>
  /** Runs a script of the copy by Node. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }>
  /**
   * The lines that were put into each file of the sources, all of a new one.
   * @throws Error for a file that was changed in another way
   */
  added(): Promise<Readonly<Record<string, readonly string[]>>>
  remove(): Promise<void>
}

/** Copies files and folders, of which `src` is one. */
export async function scratchCopy(purpose: string, parts: readonly string[]): Promise<ScratchCopy> {
  const folder = await temporaryFolder(purpose)
  await Promise.all(
    ['src', 'package.json', ...parts].map((part) =>
      cp(join(root, part), join(folder, part), { recursive: true }),
    ),
  )
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const textOf = (base: string, file: string) => readFile(join(base, file), 'utf8').catch(() => '')
  return {
    folder,
    async change(file, by) {
      await writeFile(join(folder, file), by(await textOf(folder, file)))
    },
    run: (args, env) =>
      run(process.execPath, [...args], { cwd: folder, timeout: 60_000, ...(env && { env }) }),
    async added() {
      const names = await readdir(join(folder, 'src'), { recursive: true, withFileTypes: true })
      const files = names.filter((entry) => entry.isFile())
      const differing = await Promise.all(
        files.map(async ({ parentPath, name }) => {
          const file = join(parentPath, name).slice(folder.length + 1)
          const [ours, theirs] = await Promise.all([textOf(root, file), textOf(folder, file)])
          if (ours === theirs) return undefined
          return [file, insertion(ours.split('\n'), theirs.split('\n'), file)] as const
        }),
      )
      return Object.fromEntries(differing.filter((one) => one !== undefined))
    },
    remove: () => removeFolder(folder),
  }
}

/** The lines in one place that make `after` of `before`. */
function insertion(before: readonly string[], after: readonly string[], file: string): readonly string[] {
  const isNew = before.join('') === ''
  if (isNew) return after
  const length = after.length - before.length
  const at = before.findIndex((line, place) => line !== after[place])
  const start = at < 0 ? before.length : at
  if (length < 1 || before.slice(start).join('\n') !== after.slice(start + length).join('\n'))
    throw new Error(`${file} has more than lines put into one place`)
  return after.slice(start, start + length)
}
