import { readFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Redis } from 'ioredis'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { redis } from '../../src/cli/doctor/redis.ts'
import { commandNeeds } from '../../src/probes/index.ts'
import { keyRule } from '../../src/probes/redis.ts'
import { examined, foundOf, subjectsThat } from '../support/doctor.ts'
import { bulk, redisImpostor } from '../support/redis-impostor.ts'

const password = 'gate-Pass+word/1'
const documented = readFileSync(join(import.meta.dirname, '../../helm/files/redis-acl.txt'), 'utf8').trim()
const rules = documented.replace(/^reset on /, '').split(' ')

let server: RedisServer
let admin: Redis

beforeAll(async () => {
  server = await startRedis({ users: ['user default on nopass ~* &* +@all'] })
  admin = new Redis({ port: server.port, protocol: 2 })
  for (const stream of ['caracal.audit.events', 'caracal.sessions.revoke'])
    await admin.xgroup('CREATE', stream, 'audit-ingestor', '$', 'MKSTREAM')
})
afterAll(async () => {
  admin?.disconnect()
  await server?.stop()
})

let users = 0

/** A new user with these rules. */
async function userWith(own: readonly string[]): Promise<string> {
  users += 1
  const name = `gate ${users}`.replace(' ', '-')
  await admin.call('ACL', 'SETUSER', name, 'reset', 'on', `>${password}`, ...own)
  return name
}

async function examinedAs(username: string, secret = password, path = '/0') {
  const url = `redis://127.0.0.1:${server.port}${path}`
  const configuration = { redis: { url, username, password: { file: 'redis-password' } } }
  return examined(redis, { configuration, secrets: { 'redis-password': `${secret}\n` } })
}

/** Runs a line of the doctor's as it is, in a shell; only where the server is has to be said. */
async function applied(lines: readonly string[] | undefined): Promise<void> {
  const line = lines?.[0] ?? ''
  expect(line).toMatch(/^redis-cli ACL SETUSER /)
  const command = line.replace('redis-cli', `redis-cli -p ${server.port}`)
  await promisify(execFile)('sh', ['-c', command])
}

describe('the doctor of Redis', () => {
  it('finds nothing to fix with the ACL of the chart', async () => {
    const found = await examinedAs(await userWith(rules))
    expect(found.filter(({ state }) => state === 'failed')).toEqual([])
    expect(subjectsThat(found, 'ok')).toEqual(
      expect.arrayContaining([
        'login',
        'TIME',
        'INFO',
        'XINFO STREAM',
        'XREAD',
        'XRANGE',
        'XPENDING',
        'keys',
      ]),
    )
  })

  it.each(commandNeeds)(
    'names what lacks $rule, and its line fixes it',
    async ({ rule, without, blinds }) => {
      const user = await userWith(rules.filter((one) => one !== rule))
      const subject = rule.slice(1).replace('|', ' ').toUpperCase()
      const before = await examinedAs(user)
      expect(subjectsThat(before, 'failed')).toEqual(blinds ? [subject] : [])
      expect(foundOf(before, subject)).toMatchObject({
        state: blinds ? 'failed' : 'warning',
        message: `${user} may not use it, ${without}`,
      })
      await applied(foundOf(before, subject).fix)
      expect(foundOf(await examinedAs(user), subject).state).toBe('ok')
    },
  )

  it('names the streams that may not be read, and its line fixes it', async () => {
    const user = await userWith([...rules.filter((one) => one !== keyRule), '%R~caracal.audit.*'])
    const before = await examinedAs(user)
    expect(subjectsThat(before, 'failed')).toEqual(['keys'])
    expect(foundOf(before, 'keys').message).toContain('caracal.sessions.revoke.dead')
    expect(foundOf(before, 'keys').message).not.toContain('caracal.audit.events')
    await applied(foundOf(before, 'keys').fix)
    expect(subjectsThat(await examinedAs(user), 'failed')).toEqual([])
  })

  it('names the right to choose a database, and its line fixes it', async () => {
    const user = await userWith(rules)
    const before = await examinedAs(user, password, '/1')
    expect(subjectsThat(before, 'failed')).toEqual(['login'])
    await applied(foundOf(before, 'login').fix)
    expect(subjectsThat(await examinedAs(user, password, '/1'), 'failed')).toEqual([])
  })

  it('says that the login is refused, without the password', async () => {
    const found = await examinedAs(await userWith(rules), 'wrong-Secret+9')
    expect(found).toHaveLength(1)
    expect(foundOf(found, 'login')).toMatchObject({ state: 'failed', reasons: ['redis_unauthorized'] })
    expect(JSON.stringify(found)).not.toContain('wrong-Secret')
  })

  it('says that a key holds something else than a stream, and how to see what', async () => {
    await admin.set('caracal.keys.invalidate', 'no stream')
    const found = await examinedAs(await userWith(rules))
    await admin.del('caracal.keys.invalidate')
    expect(foundOf(found, 'XINFO STREAM')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('caracal.keys.invalidate') as string,
      reasons: ['redis_wrong_type'],
    })
  })
})

describe('X95: a Redis with renamed commands', () => {
  it.each(['XINFO', 'INFO', 'TIME'])('is told which one it does not know, and where: %s', async (name) => {
    const renamed = await startRedis({ config: { 'rename-command': `${name} hidden-${name}` } })
    const found = await examined(redis, {
      configuration: { redis: { url: `redis://127.0.0.1:${renamed.port}` } },
    })
    await renamed.stop()
    const subject = name === 'XINFO' ? 'XINFO STREAM' : name
    expect(foundOf(found, 'login').state).toBe('ok')
    const one = foundOf(found, subject)
    expect(one).toMatchObject({ state: 'failed', reasons: ['redis_too_old'] })
    expect(one.message).toContain('Redis does not know this command')
    expect(one.fix?.[0]).toContain(`rename-command ${name}`)
    expect(subjectsThat(found, 'failed')).toEqual(
      name === 'INFO' ? ['version', 'primary', 'INFO'] : [subject],
    )
  })
})

describe('X92: a Redis that does not answer a question', () => {
  const said: Readonly<Record<string, string>> = {
    TIME: '*2\r\n$10\r\n1764460800\r\n$1\r\n0\r\n',
    XINFO: '-ERR no such key\r\n',
    XREAD: '*-1\r\n',
    XRANGE: '*0\r\n',
    XPENDING: "-NOGROUP No such key 'x' or consumer group 'y'\r\n",
  }
  /** As Redis 6.2.14 answers, but for what is changed. */
  async function examinedOn(changed: (command: readonly string[]) => string | undefined) {
    const impostor = await redisImpostor((socket, command) => {
      const [name = '', section] = command.map((word) => word.toUpperCase())
      const info =
        command.length > 2
          ? '-ERR syntax error\r\n'
          : bulk(section === 'SERVER' ? 'redis_version:6.2.14\r\n' : 'role:master\r\n')
      socket.write(changed(command) ?? (name === 'INFO' ? info : (said[name] ?? '+OK\r\n')))
    })
    const found = await examined(redis, {
      configuration: { redis: { url: `redis://127.0.0.1:${impostor.port}` } },
    })
    await impostor.close()
    return found
  }

  it('is too old when it is 6.2, where two sections of INFO are a syntax error', async () => {
    const found = await examinedOn(() => undefined)
    expect(foundOf(found, 'version')).toMatchObject({ state: 'failed', reasons: ['redis_too_old'] })
    expect(foundOf(found, 'version').message).toContain('6.2.14')
    expect(subjectsThat(found, 'failed')).toEqual(['version'])
  })

  it.each([
    ['an error', '-ERR something else\r\n', 'redis_error'],
    ['nothing', '$-1\r\n', 'redis_no_answer'],
    ['no name of a version or a role', bulk('uptime:1\r\n'), undefined],
  ])('is unknown, and never well, when INFO says %s', async (_, reply, reason) => {
    const found = await examinedOn(([name, section]) =>
      name?.toUpperCase() === 'INFO' && section !== undefined ? reply : undefined,
    )
    for (const subject of ['version', 'primary']) {
      const one = foundOf(found, subject)
      expect(one.state).toBe('failed')
      expect(one.message).toMatch(/^unknown, since it could not be asked/)
      if (reason !== undefined) expect(one.reasons).toEqual([reason])
    }
  })
})

describe('the commands that the looks need', () => {
  it('are those of the ACL in the chart', () => {
    const granted = rules.filter((rule) => rule.startsWith('+')).toSorted()
    expect(commandNeeds.map(({ rule }) => rule).toSorted()).toEqual(granted)
    expect(rules).toContain(keyRule)
  })
})
