import { expect, test } from 'vitest'
import { unavailableByFault } from '../../../src/connections/http-exchange.ts'
import { unanswered } from '../../../src/connections/kubernetes-failure.ts'
import { postgresFailure } from '../../../src/connections/postgres-failure.ts'
import { redisUnavailable } from '../../../src/connections/redis-unavailable.ts'
import { networkFailureOf } from '../../../src/core/network-failure.ts'

const login = { host: 'db', port: 5432, user: 'gate', database: 'caracal' }

test.each([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EACCES',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'CERT_HAS_EXPIRED',
])('%s is said in the same words by every client, and by the stores with what to check', (code) => {
  const error = Object.assign(new Error('the words of the system'), { code })
  const { says, fix, unknownReason } = networkFailureOf(error) ?? { says: 'nothing' }

  const stores = [redisUnavailable(error, 'Redis at cache:6379'), postgresFailure(error, login)]
  for (const store of stores)
    expect(store).toMatchObject({ unknownReason, message: expect.stringContaining(`${says}: ${fix}`) })
  for (const client of [
    unavailableByFault(error, 'connecting', 'api:4000'),
    unanswered(error, { method: 'GET', path: '/api/v1/pods' }, 'k8s:6443'),
  ])
    expect(client).toMatchObject({ unknownReason, message: expect.stringContaining(says) })
})

test('what is no fault of the network says nothing of it', () => {
  for (const fault of [new TypeError('x is not a function'), 'text', undefined])
    expect(networkFailureOf(fault)).toBeUndefined()
})
