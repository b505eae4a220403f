import { describe, expect, it } from 'vitest'
import { addressesOf } from '../../../src/daemon/addresses.ts'
import { load, minimal } from '../config/loading.ts'

// What is told of a configuration to those that make commands of it.

const secrets = ['canary-of-redis', 'canary-of-sentinel', 'canary-of-postgres', 'canary-of-the-bearer']
const files = Object.fromEntries(secrets.map((secret) => [`/run/${secret}`, secret]))

async function addressesIn(redis: string, postgres = 'url: postgres://gate@db/caracal'): Promise<unknown> {
  const yaml = minimal
    .replace(/^redis: .*$/m, `redis: { ${redis} }`)
    .replace(/^postgres: .*$/m, `postgres: { ${postgres} }`)
  const text = `metricsBearer: { file: /run/canary-of-the-bearer }\n${yaml}`
  return addressesOf((await load({ yaml: text, files })).config)
}

describe('the addresses in first actions', () => {
  it('are those that the exporter asks, with the defaults that it takes', async () => {
    expect(await addressesIn('url: "redis://gate@[fd00::1]/2"')).toMatchObject({
      redis: { host: 'fd00::1', port: 6379, database: 2, isCluster: false, user: 'gate', hasPassword: false },
      postgres: { host: 'db', port: 5432, user: 'gate', database: 'caracal', tls: true },
      replicas: [{ component: 'api', name: 'api-1', url: 'http://api-1:3000' }, {}, {}, {}, {}],
      ownAuthority: false,
    })
    expect(
      await addressesIn('cluster: { nodes: ["a:1", "b:2"] }, tls: { servername: redis.example }'),
    ).toMatchObject({
      redis: {
        host: 'a',
        port: 1,
        isCluster: true,
        tls: { servername: 'redis.example', ownAuthority: false, ownCertificate: false },
      },
    })
    expect(
      await addressesIn(
        'sentinel: { name: caracal, nodes: ["s:26379"], tls: false }, tls: { enabled: true }',
      ),
    ).toMatchObject({
      redis: { host: 's', port: 26379, tls: {}, sentinel: { primary: 'caracal', hasPassword: false } },
    })
  })

  it('R145: hold no secret', async () => {
    const sentinel =
      'sentinel: { name: caracal, nodes: ["s:1"], username: watcher, password: { file: /run/canary-of-sentinel } }'
    const told = await addressesIn(
      `${sentinel}, username: gate, password: { file: /run/canary-of-redis }`,
      'url: postgres://gate@db/caracal, password: { file: /run/canary-of-postgres }',
    )
    expect(told).toMatchObject({
      redis: { user: 'gate', hasPassword: true, sentinel: { user: 'watcher', hasPassword: true } },
    })
    expect(JSON.stringify(told)).not.toContain('canary')
  })
})
