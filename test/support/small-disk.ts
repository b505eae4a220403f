import { execFile } from 'node:child_process'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A disk of its own with room for some states. Needs root, to mount a tmpfs. */
export interface SmallDisk {
  /** Leaves no room for another byte. */
  fill(): Promise<void>
  /** There is room again. */
  clear(): Promise<void>
  remove(): Promise<void>
}

export async function smallDiskAt(folder: string): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder])
  const filler = join(folder, 'filler')
  return {
    async fill() {
      const file = await open(filler, 'a')
      try {
        for (const size of [16_384, 4_096, 512, 1]) for (;;) await file.appendFile(Buffer.alloc(size))
      } catch (fault) {
        if (!(fault instanceof Error && 'code' in fault && fault.code === 'ENOSPC')) throw fault
      } finally {
        await file.close()
      }
    },
    clear: () => rm(filler, { force: true }),
    remove: async () => void (await run('umount', ['-l', folder])),
  }
}
