import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { startPlatform, type Platform } from '../../rig/platform/index.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { startServers, type Servers } from '../../rig/servers.ts'
import { components } from '../../src/core/replica.ts'
import { defaultLimits } from '../../src/rules/limits.ts'
import type { Addresses, Options, RedisAddress } from '../../src/rules/options.ts'
import { platformStreams } from '../../src/rules/platform.ts'
import { commandFor, everyCommand, paste, type Pasted } from '../support/first-actions.ts'

// Pastes what an installation without a cluster shows into a shell, with the rights of the exporter and no more. Those of
// a cluster are pasted by test/e2e/cluster-evidence.test.ts.

const password = 'of-the-gate'
const rights = readFileSync(join(import.meta.dirname, '../../helm/files/redis-acl.txt'), 'utf8')

let servers: Servers
let platform: Platform
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-first-actions-'))
  servers = await startServers({ redis: { users: [`user gate ${rights.trim()} >${password}`] } })
  platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    metricsBearer: 'bearer-of-the-rig',
  })
  for (const fault of ['outbox-dead-messages', 'coordinator-outbox-dead', 'audit-dlq-growing'])
    await platform.faults.inject(fault)
})
afterAll(async () => {
  await platform.stop()
  await servers.stop()
  await rm(folder, { recursive: true, force: true })
})

function redisAt({ host, port }: RedisServer): RedisAddress {
  return { host, port, database: 0, isCluster: false, hasPassword: false }
}

function installation(changes: Partial<Addresses> = {}): Options {
  const { hostname, port, username, pathname } = new URL(platform.postgres.url)
  const addresses: Addresses = {
    redis: redisAt(servers.redis),
    postgres: {
      host: hostname,
      port: Number(port),
      user: username,
      database: pathname.slice(1),
      tls: false,
    },
    replicas: platform.replicas.map(({ service, name, url }) => ({ component: service, name, url })),
    ownAuthority: false,
    ...changes,
  }
  return {
    limits: defaultLimits,
    streams: platformStreams,
    components,
    kubernetes: 'off',
    helmSecrets: false,
    release: { name: 'caracal', namespace: 'caracal' },
    addresses,
  }
}

function commandsOf(options: Options, program = ''): readonly string[] {
  const replicas = platform.replicas.map(({ service, name }) => `${service}/${name}`)
  return everyCommand(options, replicas).filter((command) => command.includes(`${program} `))
}

/** What did not come to an answer. A dead-letter stream is there once something is in it. */
function failed(pasted: readonly Pasted[]): readonly Pasted[] {
  return pasted.filter(
    ({ code, stdout, stderr }) =>
      code !== 0 || stderr !== '' || /^(ERR (?!no such key)|NOPERM|NOAUTH|WRONG)/m.test(stdout),
  )
}

describe('X43 R145: every first action without a cluster', () => {
  it('is understood by a POSIX shell', async () => {
    const commands = commandsOf(installation())
    expect(commands.length).toBeGreaterThan(25)
    const file = join(folder, 'all.sh')
    await writeFile(file, `${commands.join('\n')}\n`)
    expect(failed(await paste([`sh -n ${file}`]))).toEqual([])
  })

  it('asks Redis, and gets an answer with the rights of the exporter', async () => {
    const open = commandsOf(installation(), 'redis-cli')
    expect(failed(await paste(open))).toEqual([])
    const guarded = installation({ redis: { ...redisAt(servers.redis), user: 'gate', hasPassword: true } })
    const single = commandsOf(guarded, 'redis-cli').filter((command) => command.startsWith('redis-cli'))
    const pasted = await paste(single, { answer: `${password}\n` })
    expect(failed(pasted)).toEqual([])
    const dead = commandFor(guarded, 'dead-letters', 'caracal.audit.events.dlq')
    expect(pasted.find(({ command }) => command === dead)?.stdout).toMatch(/^last-entry$/m)
  })

  it('asks Postgres, each outbox for its own columns', async () => {
    const env = { PGPASSWORD: decodeURIComponent(new URL(platform.postgres.url).password) }
    const there = installation()
    expect(failed(await paste(commandsOf(there, 'psql'), { env }))).toEqual([])
    const dead = ['api/dead', 'coordinator/dead'].map((one) => commandFor(there, 'outbox-dead-rows', one))
    const said = await Promise.all(dead.map(async (command) => (await paste([command], { env }))[0]?.stdout))
    expect(said).toEqual([
      expect.stringMatching(/last_error[^]*\(\d rows?\)/),
      expect.stringMatching(/topic[^]*coordinator[^]*\(\d rows?\)/),
    ])
  })

  it('asks replicas whether they are ready', async () => {
    const there = installation()
    expect(failed(await paste(commandsOf(there, 'curl')))).toEqual([])
    const one = platform.replicas.find(({ service }) => service === 'sts')
    const [said] = await paste([commandFor(there, 'ready-sts', `sts/${one?.name}`)])
    expect(said?.stdout).toMatch(new RegExp(` 200 ${one?.url}/ready\n$`))
  })
})

describe('X43: a first action reaches Redis as the exporter does', () => {
  const started: RedisServer[] = []
  afterAll(() => Promise.all(started.map((server) => server.stop())))

  async function start(options: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
    const server = await startRedis(options)
    started.push(server)
    return server
  }

  it('over TLS, with the authority that the person names', async () => {
    const authority = certificateAuthority()
    const { cert, key } = authority.issue('redis.example', { addresses: ['127.0.0.1'] })
    const files = { certFile: join(folder, 'cert'), keyFile: join(folder, 'key'), caFile: join(folder, 'ca') }
    await Promise.all([
      writeFile(files.certFile, cert),
      writeFile(files.keyFile, key),
      writeFile(files.caFile, authority.ca),
    ])
    const tls = { servername: 'redis.example', ownAuthority: true, ownCertificate: true }
    const redis = { ...redisAt(await start({ tls: files })), tls }
    const command = commandFor(installation({ redis }), 'redis-memory-pressure')
    const env = { REDIS_CA: files.caFile, REDIS_CERT: files.certFile, REDIS_KEY: files.keyFile }
    const [pasted, unnamed] = await Promise.all([paste([command], { env }), paste([command])])
    expect([failed(pasted), pasted[0]?.stdout]).toEqual([[], expect.stringContaining('used_memory:')])
    expect(unnamed[0]?.stderr).toContain('REDIS_CA: file of redis.tls.caFile')
  })

  it('at the primary that a sentinel names', async () => {
    const primary = await start({ config: { requirepass: 'data-pass' } })
    const watched = { 'sentinel monitor': `caracal 127.0.0.1 ${primary.port} 1`, requirepass: 'watch-pass' }
    const sentinel = await start({
      args: ['--sentinel'],
      config: { ...watched, 'sentinel auth-pass': 'caracal data-pass' },
    })
    const redis = {
      ...redisAt(sentinel),
      hasPassword: true,
      sentinel: { primary: 'caracal', hasPassword: true },
    }
    const command = commandFor(installation({ redis }), 'redis-unavailable')
    const pasted = await paste([command], { env: { SENTINEL_AUTH: 'watch-pass' }, answer: 'data-pass\n' })
    expect([failed(pasted), pasted[0]?.stdout]).toEqual([
      [],
      expect.stringContaining(`tcp_port:${primary.port}`),
    ])
  })
})
