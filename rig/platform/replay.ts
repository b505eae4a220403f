import { mkdir, readdir, readFile, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type ReplayState = { readonly files: number; readonly bytes: number; readonly oldestAge: number }

/** The replay volume of one STS or Gateway replica: a real folder of `.ndjson` files. */
export type ReplayVolume = {
  /** Writes events, one JSON text a line; `age` in seconds sets the file's time back. */
  persist(lines: readonly string[], age?: number): Promise<void>
  /** Sends every line of every file and removes the files; happens only when a replica starts. */
  drain(send: (line: string) => Promise<void>): Promise<number>
  /** Whole seconds and bytes; zeros when the folder can't be read, as the platform has it. */
  state(): Promise<ReplayState>
  /** Whether a file can be made and removed. */
  writable(): Promise<boolean>
  /** Takes the folder away, or gives it back with what it held. */
  detach(away: boolean): Promise<void>
}

export async function openReplayVolume(folder: string, pid: number): Promise<ReplayVolume> {
  await rm(`${folder}.detached`, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  let number = 0
  const list = async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'))
    return names.map((name) => join(folder, name))
  }

  async function persist(lines: readonly string[], age = 0): Promise<void> {
    number += 1
    const path = join(folder, `pending-${pid}-${Date.now()}${String(number).padStart(6, '0')}.ndjson`)
    await writeFile(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
    if (age === 0) return
    const then = new Date(Date.now() - age * 1_000)
    await utimes(path, then, then)
  }

  async function drain(send: (line: string) => Promise<void>): Promise<number> {
    let sent = 0
    for (const path of await list()) {
      for (const line of (await readFile(path, 'utf8')).split('\n').filter((part) => part !== '')) {
        await send(line)
        sent += 1
      }
      await unlink(path)
    }
    return sent
  }

  async function state(): Promise<ReplayState> {
    try {
      const stats = await Promise.all((await list()).map((path) => stat(path)))
      const oldest = Math.min(...stats.map((entry) => entry.mtimeMs), Date.now())
      const bytes = stats.reduce((sum, entry) => sum + entry.size, 0)
      return { files: stats.length, bytes, oldestAge: Math.floor((Date.now() - oldest) / 1_000) }
    } catch {
      return { files: 0, bytes: 0, oldestAge: 0 }
    }
  }

  async function writable(): Promise<boolean> {
    // Two may ask at the same time.
    number += 1
    const path = join(folder, `.probe-${pid}-${number}`)
    return writeFile(path, '')
      .then(() => unlink(path))
      .then(
        () => true,
        () => false,
      )
  }

  async function detach(away: boolean): Promise<void> {
    const [from, to] = away ? [folder, `${folder}.detached`] : [`${folder}.detached`, folder]
    await rename(from, to)
  }

  return { persist, drain, state, writable, detach }
}
