import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import type { PostgresSettings } from '../../src/connections/postgres.ts'
import { forever, postgresImpostor, type Manners } from '../support/postgres-impostor.ts'
import {
  authentication,
  login,
  message,
  one,
  preamble,
  report,
  row,
  text,
} from '../support/postgres-messages.ts'
import { settingsOf } from '../support/postgres.ts'

const KILLS = 400

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.stop())

interface Looker {
  readonly process: ChildProcessWithoutNullStreams
  /** Resolves when one more look was answered than now. */
  answered(): Promise<void>
  /** Ends it: its exit code, and how its looks ended. */
  stop(): Promise<{
    readonly code: unknown
    readonly ended: Readonly<Record<string, number>>
    readonly errors: string
  }>
}

function startLooker(settings: PostgresSettings): Looker {
  const program = join(import.meta.dirname, '../support/postgres-looker.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(settings)])
  const exit = once(child, 'exit')
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  return {
    process: child,
    async answered() {
      const before = output.length
      while (output.length === before && child.exitCode === null)
        await Promise.race([once(child.stdout, 'data'), exit])
    },
    async stop() {
      child.stdin.end()
      const [code] = await exit
      const last = output.split('\n').at(-2)
      return { code, ended: JSON.parse(last ?? '{}') as Record<string, number>, errors }
    },
  }
}

test(`X80: ${KILLS} sessions that are ended at any moment end no process`, async () => {
  const looker = startLooker(settingsOf(server.url))
  try {
    await looker.answered()
    let killed = 0
    // At any moment: while it dials, amid an answer, right behind one, and while it is idle.
    for (let n = 0; killed < KILLS && looker.process.exitCode === null; n += 1) {
      const rows = await server.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'caracal-gate-exporter' OR (backend_type = 'client backend' AND application_name = '')`,
      )
      killed += rows.length
      await delay((n * 7) % 10)
    }
    await looker.answered()
    const { code, ended, errors } = await looker.stop()
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect(ended['answered']).toBeGreaterThan(1)
    expect(Object.keys(ended).toSorted()).toEqual(
      expect.arrayContaining(['answered', 'postgres_unavailable']),
    )
  } finally {
    looker.process.kill('SIGKILL')
  }
})

const farewell = report('E', 'FATAL', '57P01')
const strange: readonly Partial<Manners>[] = [
  { login: [Buffer.concat([...login, farewell])] },
  { look: [Buffer.concat([...preamble(), ...one, farewell])] },
  { login: [authentication(7)] },
  { look: [Buffer.from([0x44, 0, 0, 0, 0])] },
  {
    look: [Buffer.concat([...preamble(), message('1'), message('2'), message('T', Buffer.from([255, 255]))])],
  },
  { look: [message('E', text('SERROR'))] },
  { look: forever(row('1'), preamble()) },
  { look: forever(report('N', 'NOTICE', '00000')) },
]

test.each([
  ['in the clear', false],
  ['over TLS', true],
])('X80: a process that meets what killed it lives, %s', async (_, isSecure) => {
  const impostor = await postgresImpostor({ isSecure })
  const looker = startLooker(impostor.settings)
  try {
    await looker.answered()
    for (const manners of strange) {
      impostor.behave(manners)
      const dialled = impostor.dialled()
      impostor.cut()
      await expect.poll(() => impostor.dialled(), { timeout: 30_000 }).toBeGreaterThan(dialled + 1)
      impostor.behave({})
      await looker.answered()
    }
    const { code, errors } = await looker.stop()
    expect(errors).toBe('')
    expect(code).toBe(0)
  } finally {
    looker.process.kill('SIGKILL')
    await impostor.close()
  }
})
