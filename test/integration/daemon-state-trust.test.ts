import { copyFile, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stateFile } from '../../src/daemon/state-file.ts'
import type { Loaded, StateStore } from '../../src/daemon/state-store.ts'
import { nothingRemembered, type Memory } from '../../src/rollout/memory.ts'
import { eventually } from '../support/waiting.ts'

let folder: string
let file: string
let head: string
const stores: StateStore[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-state-'))
  file = join(folder, 'state.json')
  head = `${file}.head`
})
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  await rm(folder, { recursive: true, force: true })
})

function numbered(number: number): Memory {
  return { ...nothingRemembered, baselines: { number } }
}

/** Writes these memories one after the other, as one daemon. */
async function write(...numbers: readonly number[]): Promise<void> {
  const store = stateFile(file)
  await store.load()
  for (const number of numbers) await store.save(numbered(number))
  await store.close()
}

async function found(): Promise<Loaded> {
  const store = stateFile(file)
  try {
    return await store.load()
  } finally {
    await store.close()
  }
}

/** A daemon that runs on what it found, with what it says that others have done. */
async function running(number: number) {
  const store = stateFile(file)
  stores.push(store)
  await store.load()
  await store.save(numbered(number))
  const told: string[] = []
  store.watch?.((what) => told.push(what))
  return { store, told }
}

describe('a state that was put back while no daemon ran', () => {
  it.each([1, 2, 3])('R91 X84: is noticed when it is %i writes old', async (age) => {
    await write(1, 2, 3, 4)
    const copies: string[] = []
    for (const number of [5, 6, 7, 8]) {
      copies.push(await readFile(file, 'utf8'))
      await write(number)
    }
    await writeFile(file, copies[copies.length - age] ?? '')
    const loaded = await found()
    expect(loaded).toMatchObject({ ok: false, message: expect.stringContaining('was written last') })
    expect(loaded.ok || loaded.rest?.baselines['number']).toBe(8 - age)
  })

  it('R91 X84: is noticed when it is from elsewhere, of the same number of writes', async () => {
    await write(1, 2, 3)
    const elsewhere = await readFile(file, 'utf8')
    await rm(file)
    await rm(head)
    await write(7, 8, 9)
    await writeFile(file, elsewhere)
    expect(await found()).toMatchObject({ ok: false })
  })

  it('R91 X84: is noticed when it was deleted, and when what stands beside it was', async () => {
    await write(1, 2)
    await copyFile(file, `${file}.copy`)
    await rm(file)
    expect(await found()).toMatchObject({ ok: false, message: expect.stringContaining('it is gone') })
    await copyFile(`${file}.copy`, file)
    expect(await found()).toMatchObject({ ok: true })
    await rm(head)
    expect(await found()).toMatchObject({ ok: false })
    await writeFile(head, '{}')
    expect(await found()).toMatchObject({ ok: false, message: expect.stringContaining(head) })
  })

  it('X84: stays untrusted after a kill between the two writes that follow', async () => {
    await write(1, 2, 3)
    const older = await readFile(file, 'utf8')
    await write(4, 5)
    await writeFile(file, older)
    const store = stateFile(file)
    expect(await store.load()).toMatchObject({ ok: false })
    await store.save(numbered(9))
    await store.close()
    // The head is there already, and the state is not yet.
    await writeFile(file, older)
    expect(await found()).toMatchObject({ ok: false })
  })

  it('X84: is the last one when the daemon was killed before it said which that is', async () => {
    await write(1)
    const before = await readFile(head, 'utf8')
    await write(2)
    await writeFile(head, before)
    expect(await found()).toMatchObject({ ok: true, memory: numbered(2) })
    await write(3)
    expect(await found()).toMatchObject({ ok: true, memory: numbered(3) })
  })

  it('X84: of 0.1.0 is taken over once, and noticed when it is put back later', async () => {
    const { baselines: marks, ...rest } = numbered(1)
    const first = JSON.stringify({ version: 1, memory: { ...rest, marks } })
    await writeFile(file, first)
    expect(await found()).toMatchObject({ ok: true, memory: numbered(1) })
    await write(2)
    expect(await found()).toMatchObject({ ok: true, memory: numbered(2) })
    await writeFile(file, first)
    expect(await found()).toMatchObject({ ok: false, message: expect.stringContaining('older version') })
  })
})

describe('a state that another hand changes while the daemon runs', () => {
  it('R93 X84: is written anew when it was deleted, and that is told', async () => {
    const { told, store } = await running(4)
    await rm(file)
    await eventually('it is there again', () => told.length > 0)
    expect(told).toEqual([`${file} was deleted, and was written anew`])
    expect(store.status().ok).toBe(true)
    await store.close()
    expect(await found()).toMatchObject({ ok: true, memory: numbered(4) })
  })

  it('R93 X84: is written anew when an older copy was put back, or it was edited in place', async () => {
    await write(1)
    const older = await readFile(file, 'utf8')
    const { told, store } = await running(2)
    await writeFile(file, older)
    await eventually('it is told', () => told.length === 1)
    await writeFile(file, (await readFile(file, 'utf8')).replace('"number":2', '"number":1'))
    await eventually('it is told again', () => told.length === 2)
    await store.close()
    expect(await found()).toMatchObject({ ok: true, memory: numbered(2) })
  })

  it('R93 X84: is whole again when what stands beside it was deleted', async () => {
    const { told, store } = await running(2)
    await rm(head)
    await eventually('it is told', () => told.length === 1)
    await store.close()
    expect(await found()).toMatchObject({ ok: true, memory: numbered(2) })
  })

  it('X84: is told of what was changed, and not of what was only touched', async () => {
    const { told } = await running(2)
    await utimes(file, new Date(0), new Date(0))
    await rm(head)
    await eventually('it is told', () => told.length > 0)
    expect(told).toEqual([`${head} was changed, and was written anew`])
  })
})
