import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stateFile } from '../../src/daemon/state-file.ts'
import { StateInUse, type Loaded } from '../../src/daemon/state-store.ts'
import { nothingRemembered, type Memory } from '../../src/rollout/memory.ts'
import { root } from '../support/cli-process.ts'
import { memoryNumber } from '../support/state-writer.ts'
import { eventually } from '../support/waiting.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-state-'))
  file = join(folder, 'state.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A process that saves without pause. */
function startWriter() {
  const child = spawn(process.execPath, ['test/support/state-writer.ts', file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return {
    /** The number of the last memory that it knew to be safe. */
    last: () => Number(printed.trimEnd().split('\n').at(-1) ?? 0),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** What a daemon finds that starts now. */
async function found(path = file): Promise<Loaded> {
  const store = stateFile(path)
  try {
    return await store.load()
  } finally {
    await store.close()
  }
}

function numberIn(loaded: Loaded): number {
  if (!loaded.ok) throw new Error(loaded.message)
  return loaded.memory.baselines['number'] ?? 0
}

async function messageFor(text: string): Promise<string> {
  await writeFile(file, text)
  const loaded = await found()
  return loaded.ok ? 'loaded' : loaded.message
}

describe('the state file', () => {
  it('gives back what was saved, and nothing where nothing was', async () => {
    const store = stateFile(file)
    expect(await store.load()).toEqual({ ok: true, memory: nothingRemembered })
    await store.save(memoryNumber(7))
    await store.close()
    expect(await found()).toEqual({ ok: true, memory: memoryNumber(7) })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['state.json', 'state.json.head'])
  })

  it(
    'holds the old or the new memory, whole, after kill -9 at any moment',
    { timeout: 300_000 },
    async () => {
      let survived = 0
      for (let round = 0; round < 36; round += 1) {
        const writer = startWriter()
        if (round > 0 && round % 3 === 0) await delay(Math.random() * 250)
        else await eventually('the writer saves', () => writer.last() > 0)
        await delay(Math.random() * 40)
        await writer.kill()
        const number = numberIn(await found())
        const safe = Math.max(writer.last(), survived)
        expect([safe, safe + 1]).toContain(number)
        survived = number
      }
      expect(survived).toBeGreaterThan(36)
    },
  )

  it('is never seen half written by a reader', async () => {
    const writer = startWriter()
    await eventually('the writer saves', () => writer.last() > 0)
    const seen = new Set<number>()
    let before = 0
    for (let reads = 0; reads < 400 || seen.size < 5; reads += 1) {
      const state = JSON.parse(await readFile(file, 'utf8')) as { memory: Memory }
      const number = state.memory.baselines['number'] ?? 0
      expect(number).toBeGreaterThanOrEqual(before)
      before = number
      seen.add(number)
    }
    await writer.kill()
  })

  it('merges saves that come while one is written, and keeps the last', async () => {
    const store = stateFile(file)
    await Promise.all([1, 2, 3, 4, 5].map((number) => store.save(memoryNumber(number))))
    await store.close()
    expect(numberIn(await found())).toBe(5)
  })

  it('is not trusted when it is cut, changed, of another form or of another version', async () => {
    const store = stateFile(file)
    await store.save(memoryNumber(1))
    await store.close()
    const good = await readFile(file, 'utf8')
    expect(await messageFor(good)).toBe('loaded')
    expect(await messageFor(good.slice(0, good.length / 2))).toContain("can't be trusted")
    expect(await messageFor('')).toContain("can't be trusted")
    expect(await messageFor('\0'.repeat(4_096))).toContain("can't be trusted")
    expect(await messageFor(good.replace('"verdict"', '"nothing"'))).toContain(
      'ledger was changed at entry 1',
    )
    expect(await messageFor(good.replace('"version":4', '"version":5'))).toContain('it is of version 5')
    expect(await messageFor(good.replace('"latches":{}', '"latches":{"x":{}}'))).toContain('not the form')
  })

  it('keeps what it could not trust, for a person to look at', async () => {
    expect(await messageFor('{ half')).toContain(`${file}.unreadable`)
    expect(await readFile(`${file}.unreadable`, 'utf8')).toBe('{ half')
  })

  it('is still not trusted by the next daemon when this one ends before it wrote another', async () => {
    await writeFile(file, '{ half')
    expect(await found()).toMatchObject({ ok: false })
    expect(await found()).toMatchObject({ ok: false })
  })

  it('says why it cannot be written, and writes what is due as soon as it can be', async () => {
    await writeFile(join(folder, 'state'), 'in the way')
    const path = join(folder, 'state', 'state.json')
    const store = stateFile(path)
    await store.save(memoryNumber(1))
    await store.save(memoryNumber(2))
    expect(store.status()).toMatchObject({ ok: false })
    expect(store.status().message).toContain(path)
    await rm(join(folder, 'state'))
    await eventually('it is written without a further save', () => store.status().ok)
    await store.close()
    expect(numberIn(await found(path))).toBe(2)
  })

  it('survives that its folder was removed', async () => {
    const path = join(folder, 'deep', 'er', 'state.json')
    const store = stateFile(path)
    await store.save(memoryNumber(1))
    await rm(join(folder, 'deep'), { recursive: true })
    await store.save(memoryNumber(2))
    expect(store.status()).toMatchObject({ ok: true })
    await store.close()
    expect(numberIn(await found(path))).toBe(2)
  })

  it('is unreadable, not empty, when something else is in its place', async () => {
    await mkdir(file)
    expect(await found()).toMatchObject({ ok: false })
  })
})

describe('the lock of the state file', () => {
  it('keeps a second daemon out while the first runs, and says who has it', async () => {
    const first = stateFile(file)
    await first.load()
    await first.save(memoryNumber(1))
    const second = stateFile(file)
    await expect(second.load()).rejects.toThrow(StateInUse)
    await expect(second.load()).rejects.toThrow(`${hostname()} (process ${process.pid})`)
    await second.save(memoryNumber(2))
    expect(second.status().ok).toBe(false)
    await second.close()
    await first.save(memoryNumber(3))
    await first.close()
    expect(numberIn(await found())).toBe(3)
  })

  it('is free at once after kill -9', async () => {
    const writer = startWriter()
    await eventually('the writer saves', () => writer.last() > 0)
    await expect(stateFile(file).load()).rejects.toThrow(StateInUse)
    await writer.kill()
    const startedAt = performance.now()
    expect((await found()).ok).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('is taken over from a holder that cannot be asked when nobody touches it any more', async () => {
    const elsewhere = { id: 'x', host: 'another-host', pid: 1, space: 'pid:[1]', started: '1' }
    await writeFile(`${file}.lock`, JSON.stringify(elsewhere))
    expect((await found()).ok).toBe(true)
    expect(await readdir(folder)).toEqual([])
  })

  it('stays with a holder that cannot be asked while it is touched', async () => {
    const lock = `${file}.lock`
    await writeFile(lock, '{ of a stranger')
    const touching = setInterval(() => void utimes(lock, new Date(), new Date()), 200)
    try {
      await expect(stateFile(file).load()).rejects.toThrow(StateInUse)
    } finally {
      clearInterval(touching)
    }
  })

  it('goes to one of many that find it orphaned', async () => {
    const elsewhere = { id: 'x', host: hostname(), pid: 2 ** 22, space: await readlink('/proc/self/ns/pid') }
    await writeFile(`${file}.lock`, JSON.stringify({ ...elsewhere, started: '1' }))
    const stores = Array.from({ length: 8 }, () => stateFile(file))
    const ends = await Promise.allSettled(stores.map((store) => store.load()))
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await Promise.all(stores.map((store) => store.close()))
    expect(await readdir(folder)).toEqual([])
  })

  it('is taken anew when somebody cleared the folder', async () => {
    const store = stateFile(file)
    await store.save(memoryNumber(1))
    await rm(`${file}.lock`)
    await store.save(memoryNumber(2))
    await expect(stateFile(file).load()).rejects.toThrow(StateInUse)
    await store.close()
    expect(numberIn(await found())).toBe(2)
  })
})
