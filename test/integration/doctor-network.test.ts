import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateAuthority, type Identity } from '../../rig/certificate-authority.ts'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { bearer } from '../../src/cli/doctor/bearer.ts'
import { certificates } from '../../src/cli/doctor/certificates.ts'
import { clocks } from '../../src/cli/doctor/clocks.ts'
import { names } from '../../src/cli/doctor/names.ts'
import { network } from '../../src/cli/doctor/network.ts'
import { examined, foundOf, servicesWith, type Given } from '../support/doctor.ts'
import { misbehavingServer, saysJson } from '../support/misbehaving-server.ts'
import { silentPort } from '../support/silent-port.ts'
import { eventually } from '../support/waiting.ts'

// Names, ports, certificates and clocks as they are on real sockets.

const authority = certificateAuthority('Authority of the platform')
const password = 'gate-Pass+word/1'
let folder: string
let redis: RedisServer
let postgres: PostgresServer

async function filesOf({ cert, key }: Identity) {
  const files = { certFile: join(folder, 'server.crt'), keyFile: join(folder, 'server.key') }
  await writeFile(files.certFile, cert)
  await writeFile(files.keyFile, key)
  await writeFile(join(folder, 'ca.crt'), authority.ca)
  return { ...files, caFile: join(folder, 'ca.crt') }
}

beforeAll(async () => {
  folder = await temporaryFolder('doctor-network')
  const files = await filesOf(authority.issue('stores.example'))
  redis = await startRedis({ tls: files })
  postgres = await startPostgres({ ssl: { ...files, required: true } })
  await postgres.query(`CREATE ROLE caracal_gate LOGIN PASSWORD '${password}'`)
})
afterAll(async () => {
  await redis?.stop()
  await postgres?.stop()
  await removeFolder(folder)
})

/** Redis and Postgres by TLS, with these settings under `tls`. */
function stores(tls: Readonly<Record<string, string>>, host = '127.0.0.1'): Given {
  return {
    configuration: {
      redis: { url: `rediss://${host}:${redis.port}`, tls },
      postgres: {
        url: `postgres://caracal_gate@${host}:${postgres.port}/postgres`,
        password: { file: 'postgres-password' },
        tls,
      },
    },
    secrets: { 'ca.pem': authority.ca, 'postgres-password': password },
  }
}

describe('a certificate', () => {
  const trusted = { caFile: 'ca.pem', servername: 'stores.example' }

  it('is trusted under the name and by the authority that are configured', async () => {
    const found = await examined(certificates, stores(trusted))
    expect(found).toMatchObject([
      { subject: 'Redis', state: 'ok', message: expect.stringContaining('2120-01-01') as string },
      { subject: 'Postgres', state: 'ok' },
    ])
  })

  it('of a foreign authority is named with its authority, and trusting it fixes it', async () => {
    const found = await examined(certificates, stores({ servername: 'stores.example' }))
    for (const [subject, key] of [
      ['Redis', 'redis'],
      ['Postgres', 'postgres'],
    ] as const) {
      const one = foundOf(found, subject)
      expect(one.state).toBe('failed')
      expect(one.message).toContain(
        'signed by Authority of the platform, whom the configuration does not trust',
      )
      const line = (one.fix?.[0] ?? '').replace('<PEM of the authority>', 'ca.pem')
      expect(parse(line)).toEqual({ [key]: { tls: { caFile: 'ca.pem' } } })
    }
    expect(await examined(certificates, stores(trusted))).toMatchObject([{ state: 'ok' }, { state: 'ok' }])
  })

  it('for another name is named with the name, and its line fixes it', async () => {
    const found = await examined(certificates, stores({ caFile: 'ca.pem' }))
    for (const subject of ['Redis', 'Postgres']) {
      const one = foundOf(found, subject)
      expect(one.message).toBe('its certificate is for DNS:stores.example, and it is called 127.0.0.1 here')
      const [line = ''] = one.fix ?? []
      const settings = Object.values(parse(line) as Record<string, { tls: Record<string, string> }>)[0]?.tls
      const fixed = await examined(certificates, stores({ caFile: 'ca.pem', ...settings }))
      expect(foundOf(fixed, subject).state).toBe('ok')
    }
  })

  it('has failed once it has expired, and is a warning two weeks before', async () => {
    const end = Date.parse('2120-01-01T00:00:00Z')
    const after = await examined(certificates, { ...stores(trusted), ahead: end + 60_000 - Date.now() })
    expect(foundOf(after, 'Postgres')).toMatchObject({ state: 'failed' })
    expect(foundOf(after, 'Postgres').message).toContain('expired on 2120-01-01')
    const day = 86_400_000
    const before = await examined(certificates, { ...stores(trusted), ahead: end - 13 * day - Date.now() })
    expect(foundOf(before, 'Redis').state).toBe('warning')
    const early = await examined(certificates, { ...stores(trusted), ahead: end - 15 * day - Date.now() })
    expect(foundOf(early, 'Redis').state).toBe('ok')
  })

  it('is none where TLS is not spoken, and the line leads there without', async () => {
    const server = createHttpServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const services = servicesWith({ web: { replicas: [{ url: `https://127.0.0.1:${port}` }] } })
    const found = await examined(certificates, { configuration: { services } })
    server.close()
    const one = foundOf(found, 'web/web-1')
    expect(one).toMatchObject({ state: 'failed' })
    expect(one.message).toContain('does not speak TLS as expected')
    expect(one.fix).toEqual([`services.web.replicas: [{ url: http://127.0.0.1:${port} }]`])
  })
})

describe('a port', () => {
  let server: Server
  beforeAll(async () => {
    server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(() => server.close())

  it('that takes connections is told from one that refuses and one that is silent', async () => {
    const silent = await silentPort()
    const { port } = server.address() as AddressInfo
    const found = await examined(network, {
      configuration: {
        redis: { url: `redis://127.0.0.1:${port}` },
        postgres: { url: `postgres://caracal_gate@127.0.0.1:${silent.port}/caracal` },
      },
    })
    await silent.close()
    expect(foundOf(found, 'Redis')).toMatchObject({ state: 'ok' })
    expect(foundOf(found, 'Postgres')).toMatchObject({
      state: 'failed',
      reasons: expect.arrayContaining(['timeout']) as string[],
    })
    expect(foundOf(found, 'Postgres').fix?.[0]).toContain('in the firewall between')
    expect(foundOf(found, 'sts/sts-1')).toMatchObject({
      state: 'failed',
      message: 'nothing listens at 127.0.0.1:3: the server is down, or the port is wrong',
    })
  })

  it('that says nothing leaves the area of certificates in time', async () => {
    const { port } = server.address() as AddressInfo
    const found = await examined(certificates, {
      configuration: { redis: { url: `rediss://127.0.0.1:${port}` } },
    })
    expect(found).toMatchObject([{ subject: 'Redis', state: 'failed' }])
    expect(found[0]?.message).toContain('did not finish the handshake in time')
  })
})

describe('a name', () => {
  it('that nobody knows is named with whom it hides', async () => {
    const found = await examined(names, {
      configuration: {
        redis: { url: 'redis://no-such-host.invalid' },
        postgres: { url: `postgres://caracal_gate@localhost/caracal` },
      },
    })
    expect(foundOf(found, 'no-such-host.invalid')).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/\((ENOTFOUND|EAI_AGAIN|E[A-Z]+)\); Redis can't be reached$/) as string,
    })
    expect(foundOf(found, 'localhost').state).toBe('ok')
  })

  it('is not looked for where everything is given by address', async () => {
    expect(await examined(names)).toMatchObject([{ state: 'skipped' }])
  })
})

describe('the bearer', () => {
  it('is asked for by the services that demand one, and one that is missing is told from a wrong one', async () => {
    const server = await misbehavingServer(saysJson(401, { error: 'unauthorized' }))
    const services = servicesWith({ sts: { replicas: [{ url: server.url }] } })
    const missing = await examined(bearer, { configuration: { services } })
    expect(foundOf(missing, 'sts')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('no bearer is configured') as string,
      fix: ['metricsBearer: { file: <a file with the value of METRICS_BEARER> }'],
    })
    const wrong = await examined(bearer, {
      configuration: { services, metricsBearer: { file: 'bearer' } },
      secrets: { bearer: 'wrong-Hy5tR2' },
    })
    await server.close()
    expect(foundOf(wrong, 'sts').message).toBe('sts/sts-1 refuses: the bearer is not the one that it expects')
    expect(JSON.stringify(wrong)).not.toContain('wrong-Hy5tR2')
  })
})

describe('the clocks', () => {
  const trusted = { caFile: 'ca.pem', servername: 'stores.example' }

  /** A busy machine may need some attempts for an answer that is quick enough to compare by. */
  async function untilState(ahead: number, state: string) {
    let found: Awaited<ReturnType<typeof examined>> = []
    await eventually(`Redis and Postgres are ${state}`, async () => {
      found = await examined(clocks, { ...stores(trusted), ahead })
      return ['Redis', 'Postgres'].every((subject) => foundOf(found, subject).state === state)
    })
    return found
  }

  it('agree, differ by more than a reader stands, or by more than alerts and evidence do', async () => {
    await untilState(0, 'ok')
    const warned = await untilState(-10_000, 'warning')
    expect(foundOf(warned, 'Redis').message).toMatch(/^(9|10|11) s ahead of the clock here/)
    const failed = await untilState(60_000, 'failed')
    expect(foundOf(failed, 'Postgres').message).toMatch(/behind the clock here/)
    // Where all others agree with each other the one here is wrong.
    expect(foundOf(failed, 'Redis').fix?.[0]).toContain('on this host, whose clock disagrees with all others')
    expect(foundOf(failed, 'API server').state).toBe('skipped')
  })
})
