import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { PostgresFailure } from '../../src/connections/postgres-failure.ts'
import { openPostgres, type Postgres, type PostgresSettings } from '../../src/connections/postgres.ts'
import { forever, postgresImpostor, type Impostor, type Manners } from '../support/postgres-impostor.ts'
import {
  authentication,
  description,
  login,
  message,
  one,
  preamble,
  report,
  row,
  saslMechanisms,
  text,
} from '../support/postgres-messages.ts'
import { conversations } from '../support/postgres-mutations.ts'
import { failureOf } from '../support/postgres.ts'

/** Short, so that many servers that fall silent are looked at in little time. */
const patience = { connect: 60, answer: 60, statement: 50, lock: 30, redial: 0 }
/** Of a look, with what a busy machine adds. */
const DEADLINE = 2_000

const authority = certificateAuthority()
let plain: Impostor
let secure: Impostor

beforeAll(async () => {
  plain = await postgresImpostor()
  secure = await postgresImpostor({ tls: authority.issue('localhost') })
})
afterAll(async () => {
  await plain?.close()
  await secure?.close()
})

function settingsFor(impostor: Impostor): PostgresSettings {
  return impostor === secure ? { ...impostor.settings, tls: { ca: authority.ca } } : impostor.settings
}

function lookAt(postgres: Postgres): Promise<readonly object[]> {
  return postgres.query('one', 'SELECT 1 AS one')
}

/** How a look at a server of such manners ends, and that the one after it, at an honest server, is a good one. */
async function lookedAt(impostor: Impostor, manners: Partial<Manners>): Promise<string> {
  const postgres = openPostgres(settingsFor(impostor), patience)
  impostor.behave(manners)
  const startedAt = performance.now()
  try {
    const said = await lookAt(postgres).then(
      (rows) => JSON.stringify(rows),
      (error: unknown) => {
        if (error instanceof PostgresFailure) return `${error.unknownReason} ${error.reason}`
        throw error
      },
    )
    expect(performance.now() - startedAt).toBeLessThan(DEADLINE)
    impostor.behave({})
    await expect.poll(() => lookAt(postgres).catch(() => []), { timeout: 10_000 }).toEqual([{ one: 1 }])
    return said
  } finally {
    await postgres.close()
  }
}

const servers = [
  ['in the clear', () => plain],
  ['over TLS', () => secure],
] as const

describe.each(servers)('a server %s', (_, server) => {
  test('that is honest is believed', async () => {
    expect(await lookedAt(server(), {})).toBe('[{"one":1}]')
  })

  test('X80: whatever it says, each look ends by rows or by a reason, in time, and the next one is a good one', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, async (manners) => {
        await lookedAt(server(), manners)
      }),
      { numRuns: 150, seed: 80, endOnFailure: true },
    )
  })

  test.each<readonly [string, Partial<Manners>, string]>([
    [
      'bids farewell behind the login',
      { login: [Buffer.concat([...login, report('E', 'FATAL', '57P01')])] },
      'unreachable postgres_unavailable',
    ],
    ['asks for GSSAPI', { login: [authentication(7)] }, 'unauthorized postgres_authentication'],
    [
      'offers no mechanism that is known',
      { login: [saslMechanisms('OAUTHBEARER')] },
      'unauthorized postgres_unauthorized',
    ],
    [
      'lets in without the proof that it asked for',
      { login: [saslMechanisms('SCRAM-SHA-256'), ...login] },
      'malformed postgres_malformed',
    ],
    [
      'sends an error without an end',
      { look: [message('E', text('SERROR'))] },
      'malformed postgres_malformed',
    ],
    [
      'sends a message of length 0',
      { look: [Buffer.from([0x44, 0, 0, 0, 0])] },
      'malformed postgres_malformed',
    ],
    [
      'says nothing of itself',
      { look: [...preamble().slice(0, 3), message('C', text('SELECT 0')), ...one] },
      'malformed postgres_malformed',
    ],
    [
      'is a standby',
      { look: [...preamble({ inRecovery: 't' }), ...one] },
      'contradictory postgres_in_recovery',
    ],
    [
      'hangs up amid its answer',
      { look: (socket) => socket.end(Buffer.concat(preamble())) },
      'unreachable postgres_connection_lost',
    ],
    ['hangs up at the login', { login: (socket) => socket.end() }, 'unreachable postgres_connection_lost'],
    ['resets the connection', { look: (socket) => socket.destroy() }, 'unreachable postgres_connection_lost'],
    ['falls silent at the login', { login: [] }, 'timeout postgres_timeout'],
    ['falls silent amid its answer', { look: preamble() }, 'timeout postgres_timeout'],
  ])('X80: that %s', async (_name, manners, said) => {
    expect(await lookedAt(server(), manners)).toBe(said)
  })

  test('X80: that bids farewell right behind its answer is believed, and dialled anew', async () => {
    const look = [Buffer.concat([...preamble(), ...one, report('E', 'FATAL', '57P01')])]
    expect(await lookedAt(server(), { look })).toBe('[{"one":1}]')
  })

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
    const postgres = openPostgres(settingsFor(server()), { answer: 20_000, connect: 20_000 })
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
    const postgres = openPostgres(settingsFor(server()), patience)
    const flood = forever(message('S', text('a'), text('b')), login)
    server().behave({ login: flood })
    await lookAt(postgres).catch(() => [])
    await expect.poll(() => server().connections(), { timeout: 10_000 }).toBe(0)
    server().behave({})
    await postgres.close()
  })

  test('X80: that asks for a proof is given one, and must give one itself', async () => {
    const challenge = (received: Buffer): Buffer => {
      const nonce = /r=([^,]+)$/.exec(received.toString('latin1'))?.[1] ?? ''
      return authentication(
        11,
        Buffer.from(`r=${nonce}more,s=${Buffer.from('salt').toString('base64')},i=4096`),
      )
    }
    const passwords = (last: readonly Buffer[]): Manners['passwords'] => [
      (socket, received) => socket.write(challenge(received)),
      last,
    ]
    const offer = [saslMechanisms('SCRAM-SHA-256')]
    const forged = authentication(12, Buffer.from(`v=${createHash('sha256').update('x').digest('base64')}`))
    expect(await lookedAt(server(), { login: offer, passwords: passwords([forged, ...login]) })).toBe(
      'unauthorized postgres_unauthorized',
    )
    expect(await lookedAt(server(), { login: offer, passwords: passwords(login) })).toBe(
      'malformed postgres_malformed',
    )
  })
})

test('X80: a server that answers the request for TLS with anything else is told', async () => {
  const settings = { ...plain.settings, tls: { ca: authority.ca } }
  const postgres = openPostgres(settings, patience)
  expect((await failureOf(lookAt(postgres))).said).toBe('unreachable postgres_tls')
  await postgres.close()
})

test('X82: a server that floods is not dialled again at the rate of brisk looks', async () => {
  const postgres = openPostgres(plain.settings, { redial: 60_000 })
  plain.behave({ look: [message('E')] })
  const before = plain.dialled()
  for (let n = 0; n < 5; n += 1)
    expect((await failureOf(lookAt(postgres))).said).toBe('malformed postgres_malformed')
  expect(plain.dialled() - before).toBe(1)
  plain.behave({})
  await postgres.close()
})
