import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PostgresFailure } from '../../src/connections/postgres-failure.ts'
import { openPostgres, type PostgresPatience } from '../../src/connections/postgres.ts'
import { outboxTables } from '../../src/probes/outbox-tables.ts'
import { postgresConnections } from '../../src/probes/postgres-connections.ts'
import { schemaMigrations } from '../../src/probes/schema-migrations.ts'
import {
  bothImpostors,
  challenge,
  lookAt,
  longPatience,
  type Impostor,
  type Manners,
} from '../support/postgres-impostor.ts'
import {
  authentication,
  login,
  message,
  one,
  preamble,
  ready,
  report,
  saslMechanisms,
  text,
} from '../support/postgres-messages.ts'
import { conversations, forgedProof, proofs } from '../support/postgres-mutations.ts'
import { whyUnavailable, failureOf, lookOnce } from '../support/postgres.ts'

/** Short, so that many servers that fall silent are looked at in little time. */
const patience = { connect: 60, answer: 60, redial: 0 }
/** Of such a look, with what a busy machine adds. */
const DEADLINE = 5_000
const servers = bothImpostors()
const [[, plain]] = servers

/** How a look at a server of such manners ends, and that the one after it, at an honest server, is a good one. */
async function lookedAt(
  impostor: Impostor,
  manners: Partial<Manners>,
  spans: Partial<PostgresPatience> = longPatience,
): Promise<string> {
  const postgres = openPostgres(impostor.settings, spans)
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
    if (spans === patience) expect(performance.now() - startedAt).toBeLessThan(DEADLINE)
    impostor.behave({})
    await expect.poll(() => lookAt(postgres).catch(() => []), { timeout: 20_000 }).toEqual([{ one: 1 }])
    return said
  } finally {
    await postgres.close()
  }
}

describe.each(servers)('a server %s', (_, server) => {
  test('that is honest is believed', async () => {
    expect(await lookedAt(server(), {})).toBe('[{"one":1}]')
  })

  test('X80: whatever it says, each look ends by rows or by a reason, in time, and the next one is a good one', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, async (manners) => {
        await lookedAt(server(), manners, patience)
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
    const spans = said.startsWith('timeout') ? patience : longPatience
    expect(await lookedAt(server(), manners, spans)).toBe(said)
  })

  test('X80: that bids farewell right behind its answer is believed, and dialled anew', async () => {
    const look = [Buffer.concat([...preamble(), ...one, report('E', 'FATAL', '57P01')])]
    expect(await lookedAt(server(), { look })).toBe('[{"one":1}]')
  })

  test('X80: that asks for a proof is given one, and must give one itself', async () => {
    const proof = (last: readonly Buffer[]): Partial<Manners> => ({
      login: [saslMechanisms('SCRAM-SHA-256')],
      passwords: [challenge((nonce) => `r=${nonce}more,s=c2FsdA==,i=4096`), last],
    })
    expect(await lookedAt(server(), proof([forgedProof, ...login]))).toBe(
      'unauthorized postgres_unauthorized',
    )
    expect(await lookedAt(server(), proof(login))).toBe('malformed postgres_malformed')
  })

  test('X80: whatever it says amid the proof of a password, each look ends by a reason, in time', async () => {
    await fc.assert(
      fc.asyncProperty(proofs, async ({ offer, text: said, last }) => {
        const manners = { login: offer, passwords: [challenge(said), last] }
        expect(await lookedAt(server(), manners, patience)).not.toContain('one')
      }),
      { numRuns: 60, seed: 80, endOnFailure: true },
    )
  })
})

test('X80: a server that answers the request for TLS with anything else is told', async () => {
  const settings = { ...plain().settings, tls: {} }
  const postgres = openPostgres(settings, longPatience)
  expect((await failureOf(lookAt(postgres))).said).toBe('unreachable postgres_tls')
  await postgres.close()
})

test.each(['42P05', '26000'])(
  'X32: a pooler that passes for the server is told by %s, and given no names from then on',
  async (code) => {
    const postgres = openPostgres(plain().settings, longPatience)
    plain().behave({
      look: (socket, asked) => {
        const prepared = asked.includes('gate-session')
        socket.write(Buffer.concat(prepared ? [report('E', 'ERROR', code), ready] : [...preamble(), ...one]))
      },
    })
    const said: string[] = []
    for (let n = 0; n < 5; n += 1)
      said.push(
        await lookAt(postgres).then(
          () => 'seen',
          (error: PostgresFailure) => error.reason,
        ),
      )
    expect(said).toEqual(['seen', 'postgres_pooler', 'seen', 'seen', 'seen'])
    plain().behave({})
    await postgres.close()
  },
)

test('X80: the answer to another statement, which a pooler may mix up, proves nothing', async () => {
  const postgres = openPostgres(plain().settings, longPatience)
  plain().behave({})
  const users = { roles: { api: 'caracalapi' }, user: 'gate', pools: () => ({}) }
  for (const probe of [
    outboxTables(postgres),
    schemaMigrations(postgres),
    postgresConnections(postgres, users),
  ])
    expect(whyUnavailable(await lookOnce(probe))).toMatch(/^malformed postgres_malformed: /)
  await postgres.close()
})
