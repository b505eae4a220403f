import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPlatform, type Platform } from '../../rig/platform/index.ts'
import { startServers, type Servers } from '../../rig/servers.ts'

// What the runbook says of Redis and Postgres is pasted into a shell, page by page, after its own first block.

const folder = resolve(import.meta.dirname, '../../docs/runbook')
const run = promisify(execFile)

let servers: Servers
let platform: Platform

beforeAll(async () => {
  servers = await startServers()
  platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    metricsBearer: 'bearer-of-the-rig',
  })
  for (const fault of ['audit-dlq-growing', 'outbox-dead-messages']) await platform.faults.inject(fault)
})
afterAll(async () => {
  await platform.stop()
  await servers.stop()
})

/** The blocks of a page, without the indent of a list. */
function blocksOf(file: string): readonly string[] {
  const text = readFileSync(join(folder, file), 'utf8')
  return [...text.matchAll(/^( *)```sh\n([^]*?)^ *```$/gm)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

const pasted = readdirSync(folder).flatMap((file) => {
  const [names = '', ...blocks] = blocksOf(file)
  return blocks
    .filter((block) => /^(redis-cli|psql) /.test(block) && !/^(kubectl|curl|caracal-gate|helm) /m.test(block))
    .map((block) => ({ file, names, block }))
})

/** Pastes a block after the first one of its page, with the addresses of the rig in place of the page's. */
async function paste(
  names: string,
  block: string,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  // As the owner of the tables: some blocks change something, and say so.
  const database = new URL(servers.postgres.url)
  database.pathname = new URL(platform.postgres.url).pathname
  const stores = `REDIS='${servers.redis.url}' DATABASE='${database.href}'`
  return run('sh', ['-eu', '-c', `${names}\n${stores}\n${block}`], { timeout: 20_000 })
}

describe('the runbook', () => {
  it('asks the stores on many pages', () => {
    expect(pasted.length).toBeGreaterThan(15)
  })

  it.each(pasted)('$file: pastes $block', async ({ names, block }) => {
    const { stdout, stderr } = await paste(names, block)
    expect({ stdout: stdout.match(/^\(?(ERR|NO\w+|WRONG)\b.*/gm), stderr }).toEqual({
      stdout: null,
      stderr: '',
    })
  })

  it('requeues a dead row of the outbox of API', async () => {
    const dead = `psql "$DATABASE" -At -c "SELECT id FROM event_outbox WHERE dispatched_at IS NULL AND available_at = 'infinity'"`
    const [row = ''] = (await paste('', dead)).stdout.split('\n')
    expect(row).not.toBe('')
    const requeue = pasted.find(({ block }) => block.includes('UPDATE event_outbox'))
    await paste(`ROW='${row}'`, requeue?.block ?? 'exit 1')
    expect((await paste('', dead)).stdout).not.toContain(row)
  })
})
