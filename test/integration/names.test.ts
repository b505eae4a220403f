import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRedis } from '../../rig/redis.ts'
import { misbehavingServer, saysJson, type MisbehavingServer } from '../support/misbehaving-server.ts'
import { nameLooks, type NamesSeen } from '../support/name-looks.ts'
import { redisNameLooks } from '../support/redis-name-looks.ts'
import { silentNameServer, type SilentNameServer } from '../support/silent-name-server.ts'

let server: MisbehavingServer
let machine: SilentNameServer

beforeEach(async () => {
  // Each look is a connection, and each connection a look-up.
  server = await misbehavingServer((socket, request) => {
    saysJson(200, { ok: true }, { connection: 'close' })(socket, request)
    socket.end()
  })
  machine = await silentNameServer(['known.test'])
})

afterEach(async () => {
  await machine.close()
  await server.close()
})

async function lookAt(silent: number, rounds: number): Promise<NamesSeen> {
  const words = nameLooks(`http://known.test:${server.port}/ready`, silent, rounds)
  return JSON.parse(await machine.run(words)) as NamesSeen
}

describe('names that no name server ever answers', () => {
  it('X13: hide nothing else, and are told as what they are', async () => {
    const { known, silent } = await lookAt(3, 12)

    expect(known).toEqual(Array.from({ length: 12 }, () => '200'))
    expect(new Set(silent)).toEqual(new Set(['name_server_unreachable']))
  })

  it('X13: hide the rest for seconds at most, however many they are', async () => {
    const { known } = await lookAt(12, 40)

    // Each is looked up once as a name of which nothing is known, four at a time and for four seconds at most.
    expect(known.slice(-10)).toEqual(Array.from({ length: 10 }, () => '200'))
  })
})

it('X13: names that no name server answers do not hide a Redis whose name is known, and are told as such', async () => {
  const redis = await startRedis()
  try {
    const words = redisNameLooks(`redis://known.test:${redis.port}`, 3, 12)
    const { known, silent } = JSON.parse(await machine.run(words)) as NamesSeen
    expect(known).toEqual(Array.from({ length: 12 }, () => 'ok'))
    expect(new Set(silent)).toEqual(new Set(['redis_name_unknown']))
  } finally {
    await redis.stop()
  }
})
