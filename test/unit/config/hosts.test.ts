import { describe, expect, test } from 'vitest'
import { faultsOf, load, withPostgres, withRedis } from './loading.ts'

const socket = 'a socket in the file system is not supported'
const oneHost = 'a URL with one host instead of a list; write a name that always leads to the primary'
const someName = 'a URL whose host is a name of letters, digits, ".", "-" and "_", or an address'
const somePort = 'a URL with a port from 1 to 65535'

describe('X37: the address of Postgres', () => {
  test.each([
    ['a folder of sockets', 'postgres://u@%2Fvar%2Frun%2Fpostgresql/d', socket],
    [
      'a folder of sockets in lower case',
      'postgres://u@%2fvar%2frun/d',
      `${socket}, so write where Postgres listens`,
    ],
    ['a list of hosts', 'postgres://u@a,b/d', oneHost],
    ['a list of hosts with ports', 'postgres://u@a:5432,b:5432/d', oneHost],
    ['an encoded list of hosts', 'postgres://u@a%2Cb/d', someName],
    ['a host that is encoded', 'postgres://u@%64b/d', someName],
    ['a host that is no name', 'postgres://u@db$/d', someName],
    ['no host', 'postgres://u@/d', 'a URL like postgres://user@host:5432/database'],
    ['no port that can be dialled', 'postgres://u@db:0/d', somePort],
    ['a role with a terminator', 'postgres://u%00replication%00true@db/d', 'a URL like postgres://user@host'],
    ['a database with a terminator', 'postgres://u@db/d%00', 'a URL like postgres://user@host'],
    ['a socket that is a parameter', 'postgres://u@db/d?host=/var/run', 'with nothing after the database'],
  ])('is no %s', async (_, url, allowed) => {
    const [fault = '', ...more] = await faultsOf({ yaml: withPostgres(`{ url: "${url}" }`) })
    expect(fault).toContain(allowed)
    expect(more).toEqual([])
  })

  test.each([
    'db',
    'db.example:6432',
    'my_compose_db',
    '10.0.0.1',
    '[fd00::1]:5432',
    'postgres.caracal.svc.',
  ])('may be %s', async (host) => {
    expect(await faultsOf({ yaml: withPostgres(`{ url: "postgres://a,b@${host}/d" }`) })).toEqual([])
  })

  test('shows no password that stands in a list', async () => {
    const faults = await faultsOf({ yaml: withPostgres('{ url: "postgres://u:hunter2@a:1,b:2/d" }') })
    expect(faults.join()).toContain('instead of a list')
    expect(faults.join()).not.toContain('hunter2')
  })
})

describe('X37: the address of Redis', () => {
  test.each([
    ['a socket', 'redis://%2Frun%2Fredis.sock', `${socket}, so write where Redis listens`],
    ['a list of hosts', 'redis://a:6379,b:6379/0', 'list nodes under redis.sentinel.nodes'],
    ['no port that can be dialled', 'redis://r:0', somePort],
    ['a host that is encoded', 'redis://%72', someName],
    ['a user that is encoded wrongly', 'redis://%zz@r:6379', 'a URL like redis://host:6379/0'],
  ])('is no %s', async (_, url, allowed) => {
    const [fault = '', ...more] = await faultsOf({ yaml: withRedis(`{ url: "${url}" }`) })
    expect(fault).toContain(allowed)
    expect(more).toEqual([])
  })

  test('may be a name, with or without a port and a user', async () => {
    const { config } = await load({ yaml: withRedis('{ url: "redis://g%40te@my_redis/3" }') })
    expect(config.redis).toMatchObject({ url: 'redis://my_redis/3', username: 'g@te' })
  })
})
