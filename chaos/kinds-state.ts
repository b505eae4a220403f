import { chmodSync, copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { atOnce } from './bounds.ts'
import { tell } from './http.ts'
import type { Kind, Undo } from './kind.ts'
import { isRoot } from './machine.ts'
import { now } from './recording.ts'
import type { Scene } from './scene.ts'
import { repeatedly } from './stores.ts'

const remembers = 'the platform is well, and memory holds what the disk does not'

export const stateKinds: readonly Kind[] = [
  {
    name: 'state-disk-full',
    describe: 'The disk of the state is full.',
    areas: ['state'],
    expect: { proceeds: 'if proven', why: remembers },
    explains: [],
    missing: ({ disks }) => (disks.state === undefined ? 'no disk can be mounted (needs root)' : undefined),
    inject: ({ stateFile }) => Promise.resolve({ detail: '', undo: filled(dirname(stateFile)) }),
  },
  {
    name: 'state-read-only',
    describe: 'The folder of the state can no longer be written.',
    areas: ['state'],
    expect: { proceeds: 'if proven', why: remembers },
    explains: [],
    missing: ({ disks }) =>
      isRoot() && disks.state === undefined
        ? 'no disk can be mounted, and root may write anywhere'
        : undefined,
    async inject({ stateFile, disks: { state } }) {
      if (state === undefined) {
        chmodSync(dirname(stateFile), 0o500)
        return { detail: '', undo: () => chmodSync(dirname(stateFile), 0o700) }
      }
      await state.setReadOnly(true)
      return { detail: '', undo: () => state.setReadOnly(false) }
    },
  },
  {
    name: 'state-disk-full-killed',
    describe: 'The disk of the state is full, commands are given, and the daemon is killed.',
    areas: ['state', 'daemon'],
    expect: { proceeds: 'if proven', why: remembers },
    explains: [],
    missing: ({ disks }) => (disks.state === undefined ? 'no disk can be mounted (needs root)' : undefined),
    async inject(scene, { first }) {
      const empty = filled(dirname(scene.stateFile))
      const id = `chaos-full-${now()}`
      await tell(scene, 'begin', id, { id, supersede: true })
      await tell(scene, 'evidence', 'helm-render', {
        outcome: first < 0.5 ? 'fail' : 'pass',
        validForSeconds: 86_400,
      })
      await delay(500)
      await scene.daemon.kill()
      await empty()
      await scene.daemon.start()
      return { detail: '', undo: () => {} }
    },
  },
  {
    name: 'state-deleted',
    describe: 'The file of the state is deleted while the daemon runs; seconds later the daemon is killed.',
    areas: ['state', 'daemon'],
    expect: { proceeds: 'if proven', why: remembers },
    explains: [],
    atLeast: 6_000,
    inject({ daemon, stateFile }) {
      rmSync(stateFile, { force: true })
      return Promise.resolve({ detail: '', undo: () => daemon.kill().then(() => daemon.start()) })
    },
  },
  {
    name: 'state-edited',
    describe: 'While the daemon does not run, what it remembers is changed by hand.',
    areas: ['state', 'daemon'],
    expect: { proceeds: 'never', within: atOnce },
    explains: [],
    liftedBy: 'begin',
    inject: (scene, { first }) =>
      whileDown(scene, 'the state was edited', () => edit(scene.stateFile, first)),
  },
  {
    name: 'state-truncated',
    describe: 'While the daemon does not run, the file of the state is cut.',
    areas: ['state', 'daemon'],
    expect: { proceeds: 'never', within: atOnce },
    explains: [],
    liftedBy: 'begin',
    inject: (scene, { first }) =>
      whileDown(scene, 'the state was cut', () => {
        const text = readFileSync(scene.stateFile)
        const length = Math.floor(first * (text.length - 1))
        writeFileSync(scene.stateFile, text.subarray(0, length))
        return `to ${length} of ${text.length} bytes`
      }),
  },
  {
    name: 'state-restored',
    describe:
      'While the daemon does not run, an older copy of its state is put in the place of the newer one.',
    areas: ['state', 'daemon'],
    expect: { proceeds: 'never', within: atOnce },
    explains: [],
    liftedBy: 'begin',
    async inject(scene) {
      const copy = `${scene.folder}/older-state.json`
      copyFileSync(scene.stateFile, copy)
      // Something that the older one does not know.
      const proof = { outcome: 'pass', validForSeconds: 86_400 }
      const { status } = await tell(scene, 'evidence', 'helm-render', proof)
      if (status !== 201) throw new Error(`evidence was answered ${status}`)
      return whileDown(scene, 'an older state was restored', () => {
        copyFileSync(copy, scene.stateFile)
        return `${Math.round((now() - statSync(copy).mtimeMs) / 1_000)} s old`
      })
    },
  },
  {
    name: 'log-disk-full',
    describe: 'The disk of the log is full.',
    areas: ['log'],
    expect: { proceeds: 'if proven', why: remembers },
    explains: [],
    missing: ({ disks }) => (disks.log === undefined ? 'no disk can be mounted (needs root)' : undefined),
    inject: ({ logFile, daemon }) => {
      const empty = filled(dirname(logFile))
      // Each reload writes a line, and the last page of the file has room for a few.
      const loop = repeatedly(50, () => daemon.reload())
      return Promise.resolve({ detail: '', undo: () => loop.stop().then(empty) })
    },
  },
]

/** Fills the disk of a folder to the last byte; the result makes room again. */
function filled(folder: string): Undo {
  const filler = join(folder, 'filler')
  for (const size of [65_536, 4_096, 1]) {
    const piece = Buffer.alloc(size)
    for (;;) {
      try {
        writeFileSync(filler, piece, { flag: 'a' })
      } catch (fault) {
        if ((fault as NodeJS.ErrnoException).code === 'ENOSPC') break
        throw fault
      }
    }
  }
  return () => rmSync(filler, { force: true })
}

/** Kills the daemon, changes its state and starts it again. What was answered before is not owed any more. */
async function whileDown({ daemon, recording }: Scene, why: string, change: () => string) {
  await daemon.kill()
  const detail = change()
  recording.forgotten.push({ at: now(), why })
  await daemon.start()
  return { detail, undo: () => {} }
}

interface Remembered {
  memory: { latches: object; evidence: unknown[]; ledger: unknown[]; firings: object; baselines: object }
}

const edits: readonly (readonly [string, (memory: Remembered['memory']) => void])[] = [
  ['without the last line of the ledger', (memory) => void memory.ledger.pop()],
  ['without the first line of the ledger', (memory) => void memory.ledger.shift()],
  ['without any latch or firing', (memory) => void Object.assign(memory, { latches: {}, firings: { x: 1 } })],
  ['without baselines', (memory) => void Object.assign(memory, { baselines: { 'x/y': 1 } })],
  [
    'with evidence that was taken out',
    (memory) => void Object.assign(memory, { evidence: [], firings: { x: 1 } }),
  ],
]

/** Changes what is remembered, with the form left whole. */
function edit(file: string, chance: number): string {
  const state = JSON.parse(readFileSync(file, 'utf8')) as Remembered
  const [what, change] = edits[Math.min(edits.length - 1, Math.floor(chance * edits.length))] ?? []
  change?.(state.memory)
  writeFileSync(file, JSON.stringify(state))
  return what ?? ''
}
