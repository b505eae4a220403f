import { describe, expect, it } from 'vitest'
import { revealed } from '../../../src/config/secret.ts'
import { poolSizeOf, replicasIn } from '../../../src/config/services-schema.ts'
import { components } from '../../../src/core/replica.ts'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { load, minimal, minimalEnvironment, withApi, withLines, withPostgres, withRedis } from './loading.ts'

async function configOf(yaml: string, files: Readonly<Record<string, string>> = {}) {
  return revealed((await load({ yaml, files, env: { SECRET: 's3cret-0123456789' } })).config)
}

describe('the effective configuration', () => {
  it('of a standard installation needs only addresses', async () => {
    const config = await configOf(minimal)
    expect(config).toEqual({
      release: { name: 'caracal', namespace: 'caracal' },
      services: {
        api: { replicas: [{ component: 'api', name: 'api-1', url: 'http://api-1:3000' }], poolSize: 20 },
        sts: { replicas: [{ component: 'sts', name: 'sts-1', url: 'http://sts-1:8080' }], poolSize: 20 },
        gateway: {
          replicas: [{ component: 'gateway', name: 'gateway-1', url: 'http://gateway-1:8081' }],
          poolSize: 20,
        },
        audit: {
          replicas: [{ component: 'audit', name: 'audit-1', url: 'http://audit-1:9090' }],
          poolSize: 20,
        },
        coordinator: {
          replicas: [{ component: 'coordinator', name: 'coordinator-1', url: 'http://coordinator-1:4000' }],
          poolSize: 20,
        },
      },
      tls: {},
      redis: { url: 'redis://redis:6379/0' },
      postgres: { host: 'db', port: 5432, user: 'gate', database: 'caracal', tls: {} },
      migrations: {},
      gates: {},
      checks: {},
      stopConditions: {},
      limits: defaultLimits,
      rollout: { steady: 30_000 },
      probes: {},
      http: { listen: { host: '127.0.0.1', port: 9465 }, hosts: [], page: { acknowledge: false } },
      tokens: [],
      state: { file: '/var/lib/caracal-gate/state.json' },
      log: { level: 'info' },
    })
  })

  it('can come from the environment alone', async () => {
    const { config } = await load({ env: minimalEnvironment })
    expect(revealed(config)).toEqual(await configOf(minimal))
  })

  it('numbers replicas that have no name, and keeps their order', async () => {
    const config = await configOf(
      withApi(
        '{ replicas: [http://a:1/, { url: http://b:1/base/, hostname: b0 }, { name: last, url: http://c }] }',
      ),
    )
    expect(config.services.api.replicas).toEqual([
      { component: 'api', name: 'api-1', url: 'http://a:1' },
      { component: 'api', name: 'api-2', url: 'http://b:1/base', hostname: 'b0' },
      { component: 'api', name: 'last', url: 'http://c' },
    ])
  })

  it('has Web when it is given', async () => {
    const { config } = await load({
      yaml: minimal,
      flags: { set: ['services.web.replicas=http://w:3002', 'services.web.poolSize=5'] },
    })
    expect(replicasIn(config.services).at(-1)).toEqual({
      component: 'web',
      name: 'web-1',
      url: 'http://w:3002',
    })
    expect(components.map((component) => poolSizeOf(config.services, component))).toEqual([
      20, 20, 20, 20, 20, 5,
    ])
  })

  it('reads spans, levels, switches and paces', async () => {
    const config = await configOf(
      withLines(`
gates: { readiness: off, rollback-plan: on, migration-safety: { enabled: false, reason: no Helm here } }
checks: { ready-api: false }
limits: { redis: { memoryRatio: { trip: 0.95 }, persistsFor: 1h30m }, replay: { persistsFor: 250ms } }
probes: { redis-streams: { quiet: 3s, brisk: 100ms } }
kubernetes: { enabled: false }
`),
    )
    expect(config.gates).toEqual({
      readiness: { enabled: false },
      'rollback-plan': { enabled: true },
      'migration-safety': { enabled: false, reason: 'no Helm here' },
    })
    expect(config.checks).toEqual({ 'ready-api': { enabled: false } })
    expect(config.limits).toEqual({
      ...defaultLimits,
      redis: { ...defaultLimits.redis, memoryRatio: { trip: 0.95, clear: 0.85 }, persistsFor: 5_400_000 },
      replay: { ...defaultLimits.replay, persistsFor: 250 },
    })
    expect(config.probes).toEqual({ 'redis-streams': { quiet: 3_000, brisk: 100 } })
    expect(config.kubernetes).toEqual({ enabled: false, helmSecrets: false })
  })

  it('finds replicas in a cluster instead of a list, and may keep its state there', async () => {
    const config = await configOf(`
release: { namespace: platform }
redis: { url: redis://redis:6379/0 }
postgres: { url: postgres://gate@db:5432/caracal }
kubernetes: { enabled: true, kubeconfig: kube/config, helmSecrets: true }
services: { api: { poolSize: 5 } }
state: { configMap: caracal-gate-state }
`)
    expect(replicasIn(config.services)).toEqual([])
    expect(config.services.api.poolSize).toBe(5)
    expect(config.kubernetes).toEqual({
      enabled: true,
      kubeconfig: '/etc/gate/kube/config',
      helmSecrets: true,
    })
    expect(config.state.configMap).toEqual({ name: 'caracal-gate-state', namespace: 'platform' })
  })

  it('trims secrets, from a file or a variable', async () => {
    const config = await configOf(
      withLines(`
metricsBearer: { file: /run/bearer }
http: { listen: ":0", readTokens: [{ env: SECRET }, { file: /run/bearer }] }
tokens: [{ name: ci, token: { env: SECRET }, scopes: [rollout] }]
`),
      { '/run/bearer': '  bearer-0123456789\r\n' },
    )
    expect(config.metricsBearer).toBe('bearer-0123456789')
    expect(config.http).toEqual({
      listen: { host: '::', port: 0 },
      hosts: [],
      page: { acknowledge: false },
      readTokens: ['s3cret-0123456789', 'bearer-0123456789'],
    })
    expect(config.tokens).toEqual([{ name: 'ci', token: 's3cret-0123456789', scopes: ['rollout'] }])
  })

  it('reads expected migrations from a file, one a line', async () => {
    const config = await configOf(withLines('migrations: { expectedFile: versions.txt }\n'), {
      '/etc/gate/versions.txt': '# applied by the chart\n0001_baseline\r\n\n0002_more\n',
    })
    expect(config.migrations.expected).toEqual(['0001_baseline', '0002_more'])
  })

  it('starts relative paths of the file from its folder, and others from the working folder', async () => {
    const yaml = withLines('metricsBearer: { file: bearer }\nstate: { file: state.json }\n')
    const files = { '/etc/gate/bearer': 'a', bearer: 'b' }
    const inside = await load({ yaml, files })
    expect(inside.config.metricsBearer?.reveal()).toBe('a')
    expect(inside.config.state.file).toBe('/etc/gate/state.json')
    expect([...inside.files.keys()]).toEqual(['/etc/gate/gate.yaml', '/etc/gate/bearer'])
    const outside = await load({
      yaml,
      files,
      env: { CARACAL_GATE_METRICS_BEARER_FILE: 'bearer' },
      flags: { 'state-file': 'other.json' },
    })
    expect(outside.config.metricsBearer?.reveal()).toBe('b')
    expect(outside.config.state.file).toBe('other.json')
  })
})

describe('Redis settings', () => {
  it('take the user from the URL', async () => {
    const config = await configOf(withRedis('{ url: "redis://me%40x@r:1/2", password: { env: SECRET } }'))
    expect(config.redis).toEqual({ url: 'redis://r:1/2', username: 'me@x', password: 's3cret-0123456789' })
  })

  it('use TLS for a rediss URL', async () => {
    expect((await configOf(withRedis('{ url: rediss://r:1 }'))).redis).toEqual({
      url: 'rediss://r:1',
      tls: {},
    })
  })

  it('know Sentinel, which speaks TLS as Redis does unless said', async () => {
    const sentinel = '{ name: m, nodes: ["s:26379", "[::1]:26380"], password: { env: SECRET } }'
    const nodes = [
      { host: 's', port: 26_379 },
      { host: '::1', port: 26_380 },
    ]
    const plain = await configOf(withRedis(`{ sentinel: ${sentinel} }`))
    expect(plain.redis).toEqual({ sentinel: { name: 'm', nodes, password: 's3cret-0123456789', tls: false } })
    const secure = await configOf(withRedis(`{ sentinel: ${sentinel}, tls: { servername: r } }`))
    expect(secure.redis).toMatchObject({ sentinel: { tls: true }, tls: { servername: 'r' } })
  })

  it('know Cluster, a user and the limit of its memory', async () => {
    const config = await configOf(
      withRedis('{ cluster: { nodes: [a:6379] }, username: u, tls: { enabled: true }, memoryLimit: 512MiB }'),
    )
    expect(config.redis).toEqual({
      cluster: { nodes: [{ host: 'a', port: 6379 }] },
      username: 'u',
      tls: {},
      memoryLimit: 536_870_912,
    })
  })
})

describe('Postgres settings', () => {
  it.each([
    ['{ url: postgres://u@db/d }', {}],
    ['{ url: postgres://u@db/d, tls: { mode: off } }', false],
    ['{ url: postgres://u@db/d, tls: { mode: false } }', false],
    ['{ url: postgres://u@localhost/d }', false],
    ['{ url: postgres://u@127.0.0.53/d }', false],
    ['{ url: "postgres://u@[::1]/d" }', false],
    ['{ url: postgres://u@127.evil.example/d }', {}],
    ['{ url: postgres://u@localhost/d, tls: { mode: verify-full } }', {}],
    ['{ url: postgres://u@localhost/d, tls: { servername: db } }', { servername: 'db' }],
  ])('of %s use TLS %j', async (postgres, tls) => {
    expect((await configOf(withPostgres(postgres))).postgres.tls).toEqual(tls)
  })

  it('take apart the URL', async () => {
    const url = 'postgresql://g%40te@[fd00::1]:6432/car%20acal'
    const { postgres } = await configOf(withPostgres(`{ url: "${url}", password: { env: SECRET } }`))
    expect(postgres).toEqual({
      host: 'fd00::1',
      port: 6432,
      user: 'g@te',
      database: 'car acal',
      password: 's3cret-0123456789',
      tls: {},
    })
  })
})
