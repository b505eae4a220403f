import { describe, expect, test } from 'vitest'
import { openPostgres } from '../../src/connections/postgres.ts'
import { bothImpostors, forever, longPatience, lookAt, type Manners } from '../support/postgres-impostor.ts'
import {
  authentication,
  description,
  login,
  message,
  preamble,
  report,
  row,
  text,
} from '../support/postgres-messages.ts'
import { failureOf } from '../support/postgres.ts'

const servers = bothImpostors()
const [[, plain]] = servers

describe.each(servers)('a server %s', (_, server) => {
  test.each<readonly [string, Partial<Manners>]>([
    [
      'rows',
      {
        look: forever(Buffer.concat(Array.from({ length: 100 }, () => row('1'))), [
          ...preamble(),
          message('1'),
          message('2'),
          description({ one: 23 }),
        ]),
      },
    ],
    ['notices', { look: forever(report('N', 'NOTICE', '00000', 'x'.repeat(1_000))) }],
    ['settings at the login', { login: forever(message('S', text('a'), text('b')), [authentication(0)]) }],
    [
      'one value of a gigabyte',
      {
        look: forever(Buffer.alloc(65_536, 0x61), [
          ...preamble(),
          message('1'),
          message('2'),
          description({ one: 25 }),
          Buffer.from([0x44, 0x40, 0, 0, 0, 0, 1, 0x3f, 0xff, 0xff, 0xf0]),
        ]),
      },
    ],
  ])('X82: that sends %s without an end is left at once', async (_name, manners) => {
    const postgres = openPostgres(server().settings, longPatience)
    server().behave(manners)
    const before = process.memoryUsage.rss()
    try {
      // Far within the patience: it is the bound that ends it, not the deadline.
      const { said, took } = await failureOf(lookAt(postgres))
      expect(said).toBe('malformed postgres_answer_too_large')
      expect(took).toBeLessThan(10_000)
      await expect.poll(() => server().connections(), { timeout: 10_000 }).toBe(0)
      expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20)
    } finally {
      server().behave({})
      await postgres.close()
    }
  })

  test('X82: that floods a connection on which nobody asks is left at once', async () => {
    const postgres = openPostgres(server().settings, { ...longPatience, redial: 60_000 })
    const flood = forever(message('S', text('a'), text('b')), login)
    server().behave({ login: flood })
    await lookAt(postgres).catch(() => [])
    await expect.poll(() => server().connections(), { timeout: 10_000 }).toBe(0)
    server().behave({})
    await postgres.close()
  })
})

test('X82: a server that floods is not dialled again at the rate of brisk looks', async () => {
  const postgres = openPostgres(plain().settings, { ...longPatience, redial: 60_000 })
  plain().behave({ look: [message('E')] })
  const before = plain().dialled()
  for (let n = 0; n < 5; n += 1)
    expect((await failureOf(lookAt(postgres))).said).toBe('malformed postgres_malformed')
  expect(plain().dialled() - before).toBe(1)
  plain().behave({})
  await postgres.close()
})
