import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import { openPostgres, type PostgresTls } from '../../src/connections/postgres.ts'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { failureOf, settingsOf, type Failed } from '../support/postgres.ts'

const authority = certificateAuthority()
let folder: string
let server: PostgresServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-postgres-tls-'))
  const { cert, key } = authority.issue('postgres.example')
  const files = { certFile: join(folder, 'server.crt'), keyFile: join(folder, 'server.key') }
  await writeFile(files.certFile, cert)
  await writeFile(files.keyFile, key)
  server = await startPostgres({ ssl: { ...files, required: true } })
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function saidWith(tls: false | PostgresTls, host = '127.0.0.1'): Promise<Failed> {
  const postgres = openPostgres({ ...settingsOf(server.url), host, tls })
  try {
    return await failureOf(postgres.query('one', 'SELECT 1'))
  } finally {
    await postgres.close()
  }
}

test('the server is verified up to the name in its certificate', async () => {
  const tls = { ca: authority.ca, servername: 'postgres.example' }
  const postgres = openPostgres({ ...settingsOf(server.url), tls })
  const rows = await postgres.query('tls', 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
  await postgres.close()
  expect(rows).toEqual([{ ssl: true }])
})

test('a certificate for another name is refused, whether the host is an address or a name', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const { said, message } = await saidWith({ ca: authority.ca }, host)
    expect(said).toBe('unreachable postgres_tls')
    expect(message).toContain('for another name')
  }
})

test('a configured name does not let another one pass', async () => {
  const { said } = await saidWith({ ca: authority.ca, servername: 'other.example' })
  expect(said).toBe('unreachable postgres_tls')
})

test('a certificate of another authority is refused, and one of ours when no CA is configured', async () => {
  for (const tls of [{ ca: certificateAuthority().ca, servername: 'postgres.example' }, {}]) {
    const { said, message } = await saidWith(tls)
    expect(said).toBe('unreachable postgres_tls')
    expect(message).toContain('CA')
  }
})

test('a server that insists on TLS refuses a login without, and the message speaks of TLS', async () => {
  const { said, message } = await saidWith(false)
  expect(said).toBe('unauthorized postgres_unauthorized')
  expect(message).toContain('TLS')
})

test('a server without TLS is refused when TLS is configured', async () => {
  const plain = await startPostgres()
  const postgres = openPostgres({ ...settingsOf(plain.url), tls: { ca: authority.ca } })
  const { said, message } = await failureOf(postgres.query('one', 'SELECT 1'))
  await postgres.close()
  await plain.stop()
  expect(said).toBe('unreachable postgres_tls')
  expect(message).toContain('does not offer TLS')
})
