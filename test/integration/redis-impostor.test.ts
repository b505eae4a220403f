import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { deadLetterStreams, platformStreams } from '../../src/rules/platform.ts'
import * as signals from '../../src/rules/signals.ts'
import type { RedisSettings } from '../../src/connections/redis.ts'
import type { Reading } from '../../src/core/signal.ts'
import type { Seen } from '../support/redis-looker.ts'
import { startLooker, type Looker } from '../support/redis-looker-process.ts'
import { deeds, type Deed } from '../support/redis-mutations.ts'
import { redisMutator } from '../support/redis-mutator.ts'
import { platformClient } from '../support/redis.ts'

// More of them, and others: FUZZ_RUNS=1000 FUZZ_SEED=1 npx vitest run test/integration/redis-impostor.test.ts
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 20)
const SEED = Number(process.env['FUZZ_SEED'] ?? 82)
const AT_ONCE = 8
// A look has 800 ms; what this machine adds is no matter here, that it ends is.
const ENDS_WITHIN = 4_000

const corpus = JSON.parse(
  readFileSync(new URL('../fixtures/redis-deeds.json', import.meta.url), 'utf8'),
) as readonly Deed[]

let server: RedisServer
let looker: Looker

/** The second database behind a password, so that the login has all that a login can have. */
const at = (port: number): RedisSettings => ({ url: `redis://127.0.0.1:${port}/1`, password: 'word' })

beforeAll(async () => {
  server = await startRedis({ config: { requirepass: 'word', maxmemory: '64mb', appendonly: 'yes' } })
  const platform = platformClient(`${server.url}/1`)
  for (const { name, groups } of platformStreams) {
    for (let entry = 1; entry <= 6; entry += 1)
      await platform.xadd(name, `${entry}-1`, 'data', 'x'.repeat(30))
    for (const { name: prefix } of groups) {
      const group = prefix.endsWith(':') ? `${prefix}host` : prefix
      await platform.xgroup('CREATE', name, group, '0')
      await platform.xreadgroup('GROUP', group, 'reader', 'COUNT', 4, 'STREAMS', name, '>')
    }
  }
  for (const name of deadLetterStreams) await platform.xadd(name, '1-1', 'reason', 'x')
  platform.disconnect()
  looker = startLooker()
})
afterAll(async () => {
  await looker?.close()
  await server?.stop()
})

const units = new Map(Object.values(signals).map(({ name, unit }) => [name, unit]))

/** Whether an honest server says the same, or more; what changes from look to look apart. */
function isHonest({ signal, labels, value }: Reading, honest: readonly Reading[]): boolean {
  // Without the field Redis is an older one, of which less is known.
  if (signal === signals.groupLagKnown.name && value === 0) return true
  const other = honest.find((one) => one.signal === signal && isDeepStrictEqual(one.labels, labels))
  const unit = units.get(signal)
  return other !== undefined && (unit === 'seconds' || unit === 'bytes' || other.value === value)
}

/** All that must hold of looks at a server that does something wrong. */
function judge(looks: readonly Seen[], honest: readonly Seen[], deed?: Deed): void {
  const truth = honest.flatMap(({ readings }) => readings)
  for (const { probe, took, reason, readings } of looks) {
    expect(took, probe).toBeLessThan(ENDS_WITHIN)
    expect(
      readings.every(({ value }) => Number.isFinite(value)),
      probe,
    ).toBe(true)
    // A list with a value less is a whole one: of a group less, say.
    if (deed?.mutation.kind === 'shorter') continue
    expect(
      readings.filter((reading) => !isHonest(reading, truth)),
      `${probe} ${reason}`,
    ).toEqual([])
  }
}

test(
  'X82: whatever is done to one reply, a look ends with what is true or with a reason',
  async () => {
    const honest = (await looker.look(at(server.port))).seen[0] ?? []
    expect(honest.map(({ reason }) => reason)).toEqual([undefined, undefined, undefined])
    const chunks = Array.from({ length: Math.ceil(corpus.length / AT_ONCE) }, (_, chunk) =>
      corpus.slice(chunk * AT_ONCE, (chunk + 1) * AT_ONCE),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(deeds, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (several) => {
        const mutators = await Promise.all(several.map((deed) => redisMutator(server.port, deed)))
        try {
          const ports = [...mutators.map(({ port }) => port), server.port]
          const { seen, rss } = await looker.look(...ports.map(at))
          seen.forEach((looks, index) => judge(looks, honest, several[index]))
          // The honest one beside them is seen as ever.
          expect(seen.at(-1)?.map(({ reason }) => reason)).toEqual([undefined, undefined, undefined])
          expect(rss).toBeLessThan(300)
        } finally {
          await Promise.all(mutators.map((mutator) => mutator.close()))
        }
      }),
      { seed: SEED, numRuns: RUNS + chunks.length, examples: chunks.map((chunk) => [[...chunk]]) },
    )
  },
  60_000 + RUNS * 3_000,
)
