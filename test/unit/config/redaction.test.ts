import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkConfig } from '../../../src/config/load.ts'
import { configSchema, type Config } from '../../../src/config/schema.ts'
import { revealed } from '../../../src/config/secret.ts'
import { shownBy } from '../../../src/config/shown.ts'
import { certificateAuthority } from '../../../rig/certificate-authority.ts'
import { known, load, sources, withLines, type Given } from './loading.ts'

const authority = certificateAuthority()
const client = authority.issue('client')
const server = authority.issue('gate')

const secrets: Readonly<Record<string, string>> = {
  '/s/bearer': 'secret-bearer',
  '/s/redis': 'secret-redis',
  '/s/sentinel': 'secret-sentinel',
  '/s/postgres': 'secret-postgres',
  '/s/read': 'secret-read-0123456789',
  '/s/write': 'secret-write-0123456789',
  '/s/client.key': client.key,
  '/s/server.key': server.key,
}

const full: Given = {
  yaml: `
services:
  api: { replicas: [http://api-1:3000], poolSize: 7 }
  sts: { replicas: [http://sts-1:8080] }
  gateway: { replicas: [{ url: http://gateway-1:8081, hostname: gw-1 }] }
  audit: { replicas: [http://audit-1:9090] }
  coordinator: { replicas: [http://coordinator-1:4000] }
metricsBearer: { file: /s/bearer }
tls: { caFile: /s/ca.crt }
redis:
  username: gate
  password: { file: /s/redis }
  sentinel: { name: m, nodes: [s:26379], username: watcher, password: { file: /s/sentinel } }
  tls: { caFile: /s/ca.crt, certFile: /s/client.crt, keyFile: /s/client.key, servername: r }
  memoryLimit: 2GiB
postgres:
  url: postgres://gate@db:5432/caracal
  password: { file: /s/postgres }
  tls: { caFile: /s/ca.crt, certFile: /s/client.crt, keyFile: /s/client.key }
kubernetes: { enabled: false }
probes: { redis-streams: { quiet: 3s, brisk: 100ms, timeout: 800ms } }
http: { readTokens: [{ file: /s/read }], tls: { certFile: /s/server.crt, keyFile: /s/server.key } }
tokens: [{ name: ci, token: { file: /s/write }, scopes: [rollout, evidence] }]
`,
  files: {
    ...secrets,
    '/s/ca.crt': authority.ca,
    '/s/client.crt': client.cert,
    '/s/server.crt': server.cert,
  },
}

function expectNoSecret(text: string): void {
  for (const secret of Object.values(secrets))
    for (const line of secret.split('\n').filter((part) => part.length > 8)) expect(text).not.toContain(line)
  expect(text).not.toContain('hunter')
}

describe('the redacted configuration', () => {
  it('is of a configuration that really holds the secrets', async () => {
    const held = JSON.stringify(revealed((await load(full)).config))
    for (const secret of Object.values(secrets))
      expect(held).toContain(JSON.stringify(secret.trim()).slice(1, -1))
  })

  it('holds none of them', async () => {
    expectNoSecret(JSON.stringify((await load(full)).shown))
  })

  it('X07: nor does what is held show one, however it is printed', async () => {
    const { config } = await load(full)
    const { postgres, redis, tokens } = config
    for (const text of [
      JSON.stringify(config),
      inspect(config, { depth: 10 }),
      `${String(tokens[0]?.token)}`,
    ])
      expectNoSecret(text)
    expect(`${String(postgres.password)} ${JSON.stringify([redis.password])}`).toBe(
      '<redacted> ["<redacted>"]',
    )
  })

  it('says of each secret that there is one, and shows all else as it is written', async () => {
    expect((await load(full)).shown).toMatchObject({
      services: {
        api: { replicas: [{ name: 'api-1', url: 'http://api-1:3000' }], poolSize: 7 },
        gateway: { replicas: [{ name: 'gateway-1', url: 'http://gateway-1:8081', hostname: 'gw-1' }] },
      },
      metricsBearer: '<redacted>',
      tls: { ca: '<certificate>' },
      redis: {
        username: 'gate',
        password: '<redacted>',
        sentinel: { name: 'm', nodes: ['s:26379'], tls: true, username: 'watcher', password: '<redacted>' },
        tls: {
          enabled: true,
          ca: '<certificate>',
          cert: '<certificate>',
          key: '<redacted>',
          servername: 'r',
        },
        memoryLimit: '2GiB',
      },
      postgres: { host: 'db', port: 5432, user: 'gate', database: 'caracal', password: '<redacted>' },
      limits: { outbox: { pendingRows: { trip: 500, clear: 250 } }, postgres: { persistsFor: '5m' } },
      rollout: { steady: '30s' },
      probes: { 'redis-streams': { quiet: '3s', brisk: '100ms', timeout: '800ms' } },
      http: {
        listen: '127.0.0.1:9465',
        readTokens: ['<redacted>'],
        tls: { cert: '<certificate>', key: '<redacted>' },
      },
      tokens: [{ name: 'ci', token: '<redacted>', scopes: ['rollout', 'evidence'] }],
    })
  })

  it('leaves users and passwords out of URLs, should one have come through', async () => {
    const { config } = await load(full)
    const { services } = config
    const replicas = [{ component: 'api', name: 'api-1', url: 'http://u:hunter2@h/' } as const]
    const leaky: Config = {
      ...config,
      services: { ...services, api: { ...services.api, replicas } },
      redis: { url: 'redis://u:hunter3@r' },
      runbookBaseUrl: 'https://u:hunter4@w/x?token=hunter5',
    }
    const shown = JSON.stringify(shownBy(configSchema(known), leaky))
    expectNoSecret(shown)
    expect(shown.match(/<redacted>@/g)).toHaveLength(3)
  })
})

describe('check-config', () => {
  it('prints the effective configuration as YAML without secrets', async () => {
    const { exitCode, stdout, stderr } = await checkConfig(sources(full))
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expectNoSecret(stdout)
    expect(parse(stdout)).toEqual((await load(full)).shown)
  })

  it('names all faults on stderr, none of them with a secret', async () => {
    const checked = await checkConfig(
      sources({
        yaml: withLines(`
metricsBearer: hunter1
tokens: [{ name: a, token: hunter2, scopes: [x] }, { name: b, token: { file: /s/two-lines }, scopes: [rollout] }]
http: { readTokens: [hunter3, { value: hunter4 }], listen: "u:hunter5@x" }
`).replace(
          /^redis: .*$/m,
          'redis: { url: "redis://a:hunter6/b@r", password: hunter7, sentinel: hunter:8@x }',
        ),
        files: { '/s/two-lines': 'hunter9\nhunter9' },
        env: { CARACAL_GATE_REDIS_PASWORD: 'hunter10', CARACAL_GATE_POSTGRES_URL: 'postgres://u:hunter11@h' },
        flags: { set: ['metricsBearer=hunter12', 'redis.url=redis://x:hunter13@y'] },
      }),
    )
    expect(checked.exitCode).toBe(2)
    expect(checked.stdout).toBe('')
    expectNoSecret(checked.stderr)
    expect(checked.stderr.split('\n').at(-2)).toMatch(/^The configuration has \d+ faults\.$/)
  })

  it('shows text from outside on one line without control characters', async () => {
    const { stderr } = await checkConfig(
      sources({ yaml: withLines('log: { level: "\\e[31mred\\nline" }\n"ke\\ny": 1\n') }),
    )
    expect(stderr).toContain('log.level is "[31mred line"; allowed: trace')
    expect(stderr.split('\n').filter((line) => line !== '')).toHaveLength(3)
    expect(stderr).not.toContain('\u001b')
  })
})
