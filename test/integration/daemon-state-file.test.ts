import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stateFile, type Loaded } from '../../src/daemon/state-file.ts'
import { nothingRemembered, type Memory } from '../../src/rollout/memory.ts'
import { root } from '../support/cli-process.ts'
import { eventually } from '../support/daemon.ts'
import { memoryNumber } from '../support/state-writer.ts'

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

function numberIn(loaded: Loaded): number {
  if (!loaded.ok) throw new Error(loaded.message)
  return loaded.memory.marks['number'] ?? 0
}

async function messageFor(text: string): Promise<string> {
  await writeFile(file, text)
  const loaded = await stateFile(file).load()
  return loaded.ok ? 'loaded' : loaded.message
}

describe('the state file', () => {
  it('gives back what was saved, and nothing where nothing was', async () => {
    const store = stateFile(file)
    expect(await store.load()).toEqual({ ok: true, memory: nothingRemembered })
    await store.save(memoryNumber(7))
    expect(await stateFile(file).load()).toEqual({ ok: true, memory: memoryNumber(7) })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['state.json'])
  })

  it('holds the old or the new memory, whole, after kill -9 at any moment', async () => {
    let survived = 0
    for (let round = 0; round < 36; round += 1) {
      const writer = startWriter()
      if (round > 0 && round % 3 === 0) await delay(Math.random() * 250)
      else await eventually('the writer saves', () => writer.last() > 0)
      await delay(Math.random() * 40)
      await writer.kill()
      const found = numberIn(await stateFile(file).load())
      const safe = Math.max(writer.last(), survived)
      expect([safe, safe + 1]).toContain(found)
      survived = found
    }
    expect(survived).toBeGreaterThan(36)
  })

  it('is never seen half written by a reader', async () => {
    const writer = startWriter()
    await eventually('the writer saves', () => writer.last() > 0)
    const seen = new Set<number>()
    let before = 0
    for (let reads = 0; reads < 400 || seen.size < 5; reads += 1) {
      const state = JSON.parse(await readFile(file, 'utf8')) as { memory: Memory }
      const number = state.memory.marks['number'] ?? 0
      expect(number).toBeGreaterThanOrEqual(before)
      before = number
      seen.add(number)
    }
    await writer.kill()
  })

  it('merges saves that come while one is written, and keeps the last', async () => {
    const store = stateFile(file)
    await Promise.all([1, 2, 3, 4, 5].map((number) => store.save(memoryNumber(number))))
    expect(numberIn(await stateFile(file).load())).toBe(5)
  })

  it('is not trusted when it is cut, changed, of another form or of another version', async () => {
    await stateFile(file).save(memoryNumber(1))
    const good = await readFile(file, 'utf8')
    expect(await messageFor(good)).toBe('loaded')
    expect(await messageFor(good.slice(0, good.length / 2))).toContain("can't be trusted")
    expect(await messageFor('')).toContain("can't be trusted")
    expect(await messageFor('\0'.repeat(4_096))).toContain("can't be trusted")
    expect(await messageFor(good.replace('"verdict"', '"nothing"'))).toContain(
      'ledger was changed at entry 1',
    )
    expect(await messageFor(good.replace('"version":1', '"version":2'))).toContain('not the form')
    expect(await messageFor(good.replace('"latches":{}', '"latches":{"x":{}}'))).toContain('not the form')
  })

  it('keeps what it could not trust, for a person to look at', async () => {
    expect(await messageFor('{ half')).toContain(`${file}.unreadable`)
    expect(await readFile(`${file}.unreadable`, 'utf8')).toBe('{ half')
  })

  it('is still not trusted by the next daemon when this one ends before it wrote another', async () => {
    await writeFile(file, '{ half')
    expect(await stateFile(file).load()).toMatchObject({ ok: false })
    expect(await stateFile(file).load()).toMatchObject({ ok: false })
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
    expect(numberIn(await stateFile(path).load())).toBe(2)
  })

  it('survives that its folder was removed', async () => {
    const path = join(folder, 'deep', 'er', 'state.json')
    const store = stateFile(path)
    await store.save(memoryNumber(1))
    await rm(join(folder, 'deep'), { recursive: true })
    await store.save(memoryNumber(2))
    expect(store.status()).toMatchObject({ ok: true })
    expect(numberIn(await stateFile(path).load())).toBe(2)
  })

  it('is unreadable, not empty, when something else is in its place', async () => {
    await mkdir(file)
    expect(await stateFile(file).load()).toMatchObject({ ok: false })
  })
})
