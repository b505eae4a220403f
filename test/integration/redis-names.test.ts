import { expect, test } from 'vitest'
import { startRedis } from '../../rig/redis.ts'
import { redisNameLooks, type RedisNamesSeen } from '../support/redis-name-looks.ts'
import { silentNameServer } from '../support/silent-name-server.ts'

test('X13: names that no name server answers do not hide a Redis whose name is known, and are told as such', async () => {
  const server = await startRedis()
  const machine = await silentNameServer(['known.test'])
  try {
    const words = redisNameLooks(`redis://known.test:${server.port}`, 3, 12)
    const { known, silent } = JSON.parse(await machine.run(words)) as RedisNamesSeen
    expect(known).toEqual(Array.from({ length: 12 }, () => 'ok'))
    expect(new Set(silent)).toEqual(new Set(['redis_name_unknown']))
  } finally {
    await machine.close()
    await server.stop()
  }
})
