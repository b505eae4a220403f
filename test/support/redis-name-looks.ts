import { openRedis } from '../../src/connections/redis.ts'
import type { NamesSeen } from './name-looks.ts'

/** The words of a program that asks Redis at `known` over and over, and meanwhile others at names that hang. */
export function redisNameLooks(known: string, silent: number, rounds: number): readonly string[] {
  return ['test/support/redis-name-looks.ts', known, String(silent), String(rounds)]
}

async function askOver(known: string, count: number, rounds: number): Promise<NamesSeen> {
  const urls = Array.from({ length: count }, (_, index) => `redis://silent-${index + 1}.test:6379`)
  const seen: NamesSeen = { known: [], silent: [] }
  async function ask(url: string): Promise<string> {
    // A connection of its own each time, so that each is a look-up.
    const redis = openRedis({ url })
    const [reply] = await redis.run([['TIME']])
    await redis.close()
    return reply?.ok === true ? 'ok' : (reply?.unavailable.reason ?? 'nothing')
  }
  for (let round = 0; round < rounds; round += 1) {
    const [own = '', ...others] = await Promise.all([known, ...urls].map(ask))
    seen.known.push(own)
    seen.silent.push(...others)
  }
  return seen
}

const [, program = '', known, silent, rounds] = process.argv
if (program.endsWith('redis-name-looks.ts') && known !== undefined) {
  process.stdout.write(JSON.stringify(await askOver(known, Number(silent), Number(rounds))))
  process.exit()
}
