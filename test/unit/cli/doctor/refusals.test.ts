import { describe, expect, it } from 'vitest'
import { judgeReach } from '../../../../src/cli/doctor/network.ts'
import { judgeCommands, judgeLogin, judgeServer } from '../../../../src/cli/doctor/redis.ts'
import { pod, postgres } from './dialled.ts'

describe('a connection', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM'])(
    'X66: that gives %s in a pod that is ready for its kubelet is kept back by a policy, not down',
    (outcome) => {
      const found = judgeReach({ ...pod, outcome, isReady: true })
      expect(found.state).toBe('failed')
      expect(found.message).toContain('a NetworkPolicy that rejects is in the way')
      expect(found.message).not.toMatch(/is down|nothing listens/)
      expect(found.fix?.[0]).toContain('networkPolicy: { platform: { enabled: true } }')
      expect(judgeReach({ ...pod, outcome, isReady: false }).message).not.toContain('that rejects')
    },
  )

  it('X66: that drops is told alike, ready or not, and a pod that answers is well', () => {
    for (const isReady of [true, false]) {
      expect(judgeReach({ ...pod, outcome: 'timeout', isReady }).message).toContain('packets are dropped')
      expect(judgeReach({ ...pod, outcome: 'open', isReady }).state).toBe('ok')
    }
  })

  it('X66: that refuses as a store in a cluster has the policies named beside its address', () => {
    const lines = judgeReach({ ...postgres, outcome: 'ECONNREFUSED' }).fix ?? []
    expect(lines[0]).toContain('postgres.url')
    expect(lines.join('\n')).toContain('networkPolicy.egress.postgres.to')
    expect(judgeReach({ ...postgres, outcome: 'ECONNREFUSED', inCluster: false }).fix).toHaveLength(1)
  })
})

describe('Redis', () => {
  it('X92: without an answer is unknown, and without the right to ask left to INFO', () => {
    const why = (reason: string) => ({ unknownReason: 'malformed' as const, reason, message: 'no' })
    const states = (reason: string) => judgeServer(why(reason)).map(({ state }) => state)
    expect(states('redis_error')).toEqual(['failed', 'failed'])
    expect(states('redis_not_permitted')).toEqual(['skipped', 'skipped'])
    expect(judgeLogin([], 'gate').state).toBe('failed')
    expect(
      judgeCommands([], 'gate').filter(({ subject, state }) => state === 'ok' && subject !== 'keys'),
    ).toEqual([])
  })
})
