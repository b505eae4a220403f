import { describe, expect, it } from 'vitest'
import { evidenceBody } from '../../../src/contract/commands.ts'
import { saidOfReplicas } from '../../../src/daemon/evidence-replicas.ts'
import { targetOf } from '../../../src/probes/replicas.ts'
import { admitted, aRollout, isoAt, now, push, refusedFor } from './pushing.ts'

const check = 'canary'
const known = [
  targetOf({ component: 'gateway', name: 'gate-0', url: 'http://10.0.0.1:8081', instance: 'uid-0/0' }),
  targetOf({ component: 'gateway', name: 'gate-1', url: 'http://[fd00::1]:8081', instance: 'uid-1/2' }),
  targetOf({ component: 'sts', name: 'sts-1', url: 'http://127.0.0.1:7001' }),
  targetOf({ component: 'sts', name: 'sts-2', url: 'http://127.0.0.1:7002' }),
]

function gateway(replica: string) {
  return { component: 'gateway', replica, outcome: 'pass' } as const
}

describe('R220: evidence of replicas', () => {
  it.each([
    ['gate-0', 'gate-0', 'uid-0/0'],
    ['10.0.0.1:8081', 'gate-0', 'uid-0/0'],
    ['10.0.0.1', 'gate-0', 'uid-0/0'],
    ['10.0.0.1:80', 'gate-0', 'uid-0/0'],
    ['[fd00::1]:8081', 'gate-1', 'uid-1/2'],
    ['fd00::1', 'gate-1', 'uid-1/2'],
    ['10.0.0.9:8081', '10.0.0.9:8081', undefined],
  ])('finds the replica behind %s', (named, replica, instance) => {
    const { readings } = saidOfReplicas(check, [gateway(named)], known)
    expect(readings.map(({ labels }) => [labels['replica'], labels['instance']])).toEqual([
      [replica, instance],
    ])
  })

  it('takes an address that several share for none of them', () => {
    const sts = (replica: string) =>
      saidOfReplicas(check, [{ component: 'sts', replica, outcome: 'pass' }], known).readings[0]?.labels[
        'replica'
      ]
    expect(['127.0.0.1', '127.0.0.1:7002', 'sts-1'].map(sts)).toEqual(['127.0.0.1', 'sts-2', 'sts-1'])
  })

  it('keeps the worst of several entries of one replica, under whichever name', () => {
    const entries = [
      gateway('gate-0'),
      { ...gateway('10.0.0.1'), outcome: 'unknown', step: 'audit', reason: 'not_audited' } as const,
      {
        ...gateway('gate-0'),
        outcome: 'fail',
        step: 'revocation',
        reason: 'not_seen',
        message: 'deaf',
      } as const,
      { ...gateway('gate-1'), outcome: 'unknown', step: 'call-allowed' } as const,
    ]
    const said = saidOfReplicas(check, entries, known)
    expect(said.readings).toEqual([
      {
        signal: 'caracal_rollout_evidence_replica_accepted',
        value: 0,
        detail: 'deaf',
        labels: {
          check,
          component: 'gateway',
          replica: 'gate-0',
          instance: 'uid-0/0',
          step: 'revocation',
          code: 'not_seen',
        },
      },
    ])
    expect(said.blindSpots).toMatchObject([
      {
        unknownReason: 'ambiguous',
        reason: 'canary_inconclusive',
        labels: { replica: 'gate-1', step: 'call-allowed' },
      },
    ])
  })

  it('keeps one clean line of a message, and of no more replicas than a document names', () => {
    const entries = Array.from({ length: 512 }, (_, n) => ({
      component: 'sts' as const,
      replica: `sts-${n}\u202e\u001b[31m`,
      outcome: 'fail' as const,
      step: 'audit' as const,
      message: `\n${'x'.repeat(299)}`,
    }))
    const { readings } = saidOfReplicas(check, entries, [])
    expect(readings).toHaveLength(512)
    expect(readings.filter(({ detail }) => detail !== undefined)).toHaveLength(50)
    expect(JSON.stringify(readings)).not.toMatch(/\\u001b|\\n|\u202e/)
    expect(JSON.stringify(readings).length).toBeLessThan(120_000)
  })
})

const body = { outcome: 'pass', validForSeconds: 600, actor: 'a', reason: 'b' } as const

describe('R220: the body of evidence of replicas', () => {
  function faults(given: object): readonly string[] {
    const parsed = evidenceBody.safeParse({ ...body, ...given })
    return parsed.success
      ? []
      : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
  const failed = { ...gateway('gate-1'), outcome: 'fail', step: 'call-denied' }

  it('that says pass has no replica that did not', () => {
    const unsure = { ...gateway('gate-2'), outcome: 'unknown', step: 'audit' }
    expect(faults({ replicas: [gateway('gate-0'), failed, unsure] })).toEqual([
      'replicas.1.outcome: pass, as the outcome of all says; gateway/gate-1 did not pass',
      'replicas.2.outcome: pass, as the outcome of all says; gateway/gate-2 did not pass',
    ])
    expect(faults({ outcome: 'fail', replicas: [gateway('gate-0'), failed] })).toEqual([])
  })

  it.each<[string, object]>([
    ['no replica', { replicas: [] }],
    ['too many', { replicas: Array.from({ length: 513 }, () => gateway('x')) }],
    ['another service', { replicas: [{ ...gateway('x'), component: 'web' }] }],
    ['no step of what failed', { outcome: 'fail', replicas: [{ ...gateway('x'), outcome: 'fail' }] }],
    ['another step', { outcome: 'fail', replicas: [{ ...failed, step: 'login' }] }],
    ['a reason that is a sentence', { outcome: 'fail', replicas: [{ ...failed, reason: 'It failed.' }] }],
    ['a message that is too long', { outcome: 'fail', replicas: [{ ...failed, message: 'x'.repeat(301) }] }],
  ])('is refused with %s, by name', (_, given) => {
    expect(faults(given)).toHaveLength(1)
    expect(faults(given)[0]).toMatch(/^replicas[.:]/)
  })
})

describe('R221: the age of evidence of replicas', () => {
  const asked = { check, maxAge: 600_000 }
  const failing = { outcome: 'fail', validForSeconds: 3_600 } as const

  it('is no greater than the limit, whatever its sender allows', () => {
    const { at, validFor } = admitted({ validForSeconds: 3_600, issuedAt: isoAt(-60) }, asked)
    expect([at, validFor]).toEqual([now - 60_000, 600_000])
    expect(admitted({ validForSeconds: 60 }, asked).validFor).toBe(60_000)
    expect(refusedFor({ validForSeconds: 3_600, issuedAt: isoAt(-600) }, asked)).toBe(
      'the evidence has expired',
    )
  })

  it('is counted from its arrival where it says fail, which is never refused for that', () => {
    const { at, validFor } = admitted({ ...failing, issuedAt: isoAt(-1_200) }, asked)
    expect([at, validFor]).toEqual([now, 600_000])
  })

  it('decides between two runs: the newer wins, and of one instant the one that says fail', () => {
    const held = admitted({ issuedAt: isoAt(-30) }, asked)
    expect(refusedFor({ issuedAt: isoAt(-31) }, { ...asked, held })).toBe('newer evidence is held')
    expect(refusedFor({ issuedAt: isoAt(-29) }, { ...asked, held })).toBe('new')
    const fail = admitted({ ...failing, issuedAt: isoAt(-30) }, { ...asked, held })
    expect(refusedFor({ issuedAt: isoAt(-30) }, { ...asked, held: fail })).toBe('newer evidence is held')
  })

  it('is of one life of one rollout, as of all evidence', () => {
    const rollout = aRollout('caracal/47')
    const held = admitted({ issuedAt: isoAt(-30) }, { ...asked, rollout })
    expect(held.target.labels).toMatchObject({ rollout: 'caracal/47', life: String(rollout.startedAt) })
    expect(push({ issuedAt: isoAt(-30) }, { ...asked, rollout, held }).kind).toBe('known')
  })
})
