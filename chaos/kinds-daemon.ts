import { watch } from 'node:fs'
import { dirname, basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { tell } from './http.ts'
import type { Kind } from './kind.ts'
import type { Scene } from './scene.ts'
import { repeatedly } from './stores.ts'

const unaffected = 'the platform is well all the time'

export const daemonKinds: readonly Kind[] = [
  {
    name: 'daemon-suspended',
    describe: 'The daemon is stopped for seconds and continued (SIGSTOP, SIGCONT).',
    areas: ['daemon'],
    expect: { proceeds: 'if proven', why: unaffected },
    explains: [],
    inject({ daemon }) {
      daemon.suspend()
      return Promise.resolve({ detail: '', undo: () => daemon.resume() })
    },
  },
  {
    name: 'daemon-killed',
    describe: 'The daemon is killed at any moment and started again on the same state.',
    areas: ['daemon'],
    expect: { proceeds: 'if proven', why: unaffected },
    explains: [],
    async inject({ daemon }, { first, second }) {
      const [early, gone] = [Math.round(first * 2_000), Math.round(second * 3_000)]
      await delay(early)
      await daemon.kill()
      await delay(gone)
      await daemon.start()
      return { detail: `for ${gone} ms`, undo: () => {} }
    },
  },
  {
    name: 'daemon-killed-writing',
    describe: 'The daemon is killed while it writes its state, and started again on it.',
    areas: ['daemon'],
    expect: { proceeds: 'if proven', why: unaffected },
    explains: [],
    async inject(scene) {
      const killed = await killInWrite(scene)
      await scene.daemon.start()
      return { detail: killed ? 'in a write' : 'no write was seen', undo: () => {} }
    },
  },
  {
    name: 'daemon-terminated',
    describe: 'The daemon gets SIGTERM, as at an upgrade, and started again on the same state.',
    areas: ['daemon'],
    expect: { proceeds: 'if proven', why: unaffected },
    explains: [],
    async inject({ daemon, recording }) {
      const code = await daemon.terminate()
      if (code !== 0) {
        const at = recording.lives.at(-1)?.at ?? recording.startedAt
        recording.lives.push({ at, what: 'exited', detail: `SIGTERM was answered with exit code ${code}` })
      }
      await daemon.start()
      return { detail: '', undo: () => {} }
    },
  },
  {
    name: 'daemon-starved',
    describe: 'The daemon gets a twentieth of a core.',
    areas: ['daemon'],
    expect: { proceeds: 'if proven', why: unaffected },
    explains: [],
    atLeast: 8_000,
    missing: ({ quota }) => (quota === undefined ? 'no control group can be made (needs root)' : undefined),
    inject({ daemon, quota }) {
      const undo = quota?.(daemon.pid, 0.05)
      if (undo === undefined) throw new Error('no control group can be made')
      return Promise.resolve({ detail: '5 % of a core', undo })
    },
  },
  {
    name: 'daemon-reloaded',
    describe: 'The daemon gets SIGHUP again and again, to reload.',
    areas: ['daemon'],
    expect: { proceeds: 'if proven', why: unaffected },
    explains: [],
    inject({ daemon }, { first }) {
      const pause = Math.round(20 + first * 480)
      const loop = repeatedly(pause, () => daemon.reload())
      return Promise.resolve({ detail: `every ${pause} ms`, undo: () => loop.stop() })
    },
  },
  ...(['ahead', 'behind'] as const).map((way): Kind => ({
    name: `clock-${way}`,
    describe: `The daemon's wall clock steps ${way}, and back at the end.`,
    areas: ['clock'],
    expect: { proceeds: 'if proven', why: unaffected },
    explains: [],
    atLeast: 6_000,
    missing: ({ setClock }) =>
      setClock === undefined ? 'no libfaketime (Debian: apt-get install faketime)' : undefined,
    inject({ setClock }, { first }) {
      const size = 2 + Math.round(first ** 3 * 7_200)
      const seconds = way === 'ahead' ? size : -size
      setClock?.(seconds)
      return Promise.resolve({ detail: `${seconds} s`, undo: () => setClock?.(0) })
    },
  })),
]

/** Kills the daemon as soon as the file appears that a write of the state begins with. */
async function killInWrite(scene: Scene): Promise<boolean> {
  const { daemon, stateFile } = scene
  const begun = new AbortController()
  const watcher = watch(dirname(stateFile), (_, file) => {
    // The name that src/daemon/state-file.ts writes to first.
    if (file === `${basename(stateFile)}.new` && !begun.signal.aborted) begun.abort()
  })
  const seen = delay(3_000, false, { signal: begun.signal }).catch(() => true)
  try {
    const told = tell(scene, 'evidence', 'helm-render', { outcome: 'pass', validForSeconds: 86_400 })
    const caught = await seen
    await daemon.kill()
    await told
    return caught
  } finally {
    watcher.close()
  }
}
