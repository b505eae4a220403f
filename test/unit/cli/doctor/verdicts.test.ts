import { describe, expect, it } from 'vitest'
import { judgeBearer, type MetricsAsked } from '../../../../src/cli/doctor/bearer.ts'
import { judgeCertificate } from '../../../../src/cli/doctor/certificates.ts'
import { FAIL_AHEAD, judgeClocks, WARN_AHEAD } from '../../../../src/cli/doctor/clocks.ts'
import { judgeSecretFile } from '../../../../src/cli/doctor/configuration.ts'
import type { Endpoint } from '../../../../src/cli/doctor/endpoints.ts'
import { judgeRelease } from '../../../../src/cli/doctor/kubernetes-verdicts.ts'
import { judgeName } from '../../../../src/cli/doctor/names.ts'
import { judgeReach } from '../../../../src/cli/doctor/network.ts'
import { judgeSession, type SessionRow } from '../../../../src/cli/doctor/postgres.ts'
import { judgeServer } from '../../../../src/cli/doctor/redis.ts'
import { pod, postgres } from './dialled.ts'

describe('a name', () => {
  const users = [{ name: 'Redis', key: 'redis.url' }]
  it.each([
    ['ENOTFOUND', 'ENOTFOUND', 'there is no such name'],
    ['EAI_AGAIN', 'ENOTFOUND', 'there is no such name'],
    ['EAI_AGAIN', 'ENODATA', 'there is no such name'],
    ['EAI_AGAIN', 'ETIMEOUT', 'no name server answers'],
    ['EAI_AGAIN', 'ECONNREFUSED', 'no name server answers'],
    ['late', undefined, 'no name server answers'],
    ['EAI_AGAIN', 'ESERVFAIL', "the name server can't tell"],
    ['EAI_AGAIN', 'EREFUSED', "the name server can't tell"],
    ['EAI_AGAIN', undefined, "the name server can't tell"],
  ])('that gives %s, and %s of the name server: %s', (code, serverCode, says) => {
    const asked = { host: 'redis.example', users, inCluster: true, code, ...(serverCode && { serverCode }) }
    const found = judgeName(asked)
    expect(found.state).toBe('failed')
    expect(found.message.startsWith(says)).toBe(true)
    expect(found.fix).not.toEqual([])
  })

  it('has its policy named where no name server answers in a cluster', () => {
    const asked = { host: 'redis.example', users, inCluster: true, code: 'late' }
    expect(judgeName(asked).fix?.join('\n')).toContain('networkPolicy: { egress: { dns: { ports: [53] } } }')
    expect(judgeName({ ...asked, inCluster: false }).fix?.join('\n')).not.toContain('networkPolicy')
  })
})

describe('a port', () => {
  it('that is silent in a cluster has both ends of the policies named', () => {
    expect(judgeReach(postgres).fix).toEqual([
      expect.stringContaining('networkPolicy.egress.postgres.to') as string,
      expect.stringContaining('must admit the exporter to TCP 5432') as string,
    ])
    expect(judgeReach(pod).fix?.[0]).toContain('networkPolicy: { platform: { enabled: true } }')
    expect(judgeReach({ ...postgres, kind: 'kubernetes' }).fix).toHaveLength(1)
  })

  it.each([
    ['open', 'ok', 'takes connections'],
    ['timeout', 'failed', 'packets are dropped'],
    ['ETIMEDOUT', 'failed', 'packets are dropped'],
    ['ECONNREFUSED', 'failed', 'nothing listens at'],
    ['EHOSTUNREACH', 'failed', 'there is no route to it'],
    ['ENETUNREACH', 'failed', 'there is no route to it'],
    ['ENOTFOUND', 'failed', 'has no address, see Names'],
  ])('that gives %s is %s: %s', (outcome, state, says) => {
    const found = judgeReach({ ...postgres, outcome })
    expect([found.state, found.message]).toEqual([state, expect.stringContaining(says) as string])
  })

  it('that refuses in a pod leads to the pod', () => {
    const refused = judgeReach({ ...pod, outcome: 'ECONNREFUSED' })
    expect(refused.fix).toEqual(['kubectl -n caracal describe pod caracal-api-0'])
  })
})

describe('a certificate', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const day = 86_400_000
  const service: Endpoint = {
    kind: 'service',
    name: 'api/api-1',
    host: 'api',
    port: 443,
    key: 'services.api.replicas',
    tls: {},
  }
  const shown = { names: ['DNS:api'], issuer: 'Root', from: now - day, to: now + 90 * day }

  it.each([
    [{}, 'ok', 'trusted until 2026-04-01'],
    [{ to: now + 13 * day }, 'warning', 'expires in'],
    [{ to: now - 1 }, 'failed', 'expired on 2025-12-31'],
    [{ from: now + day }, 'failed', 'good from 2026-01-02 only'],
    [{ fault: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'failed', 'whom the configuration does not trust'],
    [{ fault: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'failed', 'its certificate is for DNS:api'],
    // What has expired is not trusted either; that it has expired is what fixes it.
    [{ to: now - 1, fault: 'CERT_HAS_EXPIRED' }, 'failed', 'expired on'],
  ])('that shows %o is %s: %s', (change, state, says) => {
    const found = judgeCertificate(service, { ...shown, ...change }, now)
    expect([found.state, found.message]).toEqual([state, expect.stringContaining(says) as string])
  })

  it('is no fault of TLS where nobody can be reached', () => {
    expect(judgeCertificate(service, { code: 'ECONNREFUSED' }, now).state).toBe('skipped')
    expect(judgeCertificate(service, { code: 'ECONNRESET' }, now).state).toBe('failed')
  })

  it('names what it is good for as text only', () => {
    const hostile = { ...shown, names: ['DNS:\u001b[31mevil\u202e'], fault: 'ERR_TLS_CERT_ALTNAME_INVALID' }
    expect(JSON.stringify(judgeCertificate(service, hostile, now))).not.toMatch(/\u001b|\u202e|u001b|u202e/)
  })
})

describe('a clock', () => {
  it.each([
    [0, 5, 'ok'],
    [WARN_AHEAD + 5, 5, 'ok'],
    [WARN_AHEAD + 6, 5, 'warning'],
    [-WARN_AHEAD - 6, 5, 'warning'],
    [FAIL_AHEAD + 5, 5, 'warning'],
    [FAIL_AHEAD + 6, 5, 'failed'],
    [-FAIL_AHEAD - 6, 5, 'failed'],
    // What can't be known is held against nobody.
    [FAIL_AHEAD, FAIL_AHEAD, 'ok'],
  ])('that is %i ms ahead, give or take %i ms, is %s', (ahead, uncertainty, state) => {
    expect(judgeClocks([{ name: 'Redis', ahead, uncertainty }])[0]?.state).toBe(state)
  })

  it('is the one here when all others disagree with it, and the other one when not all do', () => {
    const off = { name: 'Redis', ahead: 10_000, uncertainty: 1 }
    const wordsOf = (ahead: number) =>
      judgeClocks([off, { name: 'Postgres', ahead, uncertainty: 1 }])[0]?.fix?.join()
    expect(wordsOf(10_000)).toContain('on this host')
    expect(wordsOf(0)).toContain('on the host of Redis')
  })
})

describe('a file with a secret', () => {
  const file = { path: '/run/secrets/x', keys: ['redis.password'], text: 'Hy5tR2', mode: 0o640 }
  it.each([
    [{}, 'ok'],
    [{ text: 'Hy5tR2\n' }, 'ok'],
    [{ text: 'Hy5tR2\r\n' }, 'ok'],
    [{ text: 'Hy5tR2 \n' }, 'warning'],
    [{ text: 'Hy5tR2\n\n' }, 'warning'],
    [{ text: '\tHy5tR2' }, 'warning'],
    [{ text: '-----BEGIN KEY-----\n\n' }, 'ok'],
    [{ mode: 0o644 }, 'warning'],
    [{ mode: 0o602 }, 'warning'],
  ])('that is %o is %s, and its text is not told', (change, state) => {
    const found = judgeSecretFile({ ...file, ...change })
    expect(found.state).toBe(state)
    expect(JSON.stringify(found)).not.toContain('Hy5tR2')
  })
})

describe('the bearer', () => {
  const inCluster = { hasBearer: true, inCluster: true, namespace: 'caracal' }
  const asked = (target: string, reason?: string): MetricsAsked => ({
    component: target.split('/')[0] ?? '',
    target,
    ...(reason !== undefined && { reason, message: `${reason} it is` }),
  })

  it('is judged service by service', () => {
    const found = judgeBearer(
      [asked('sts/a', 'unauthorized'), asked('sts/b', 'forbidden'), asked('audit/a')],
      inCluster,
    )
    expect(found.map(({ subject, state }) => `${subject} ${state}`)).toEqual(['sts failed', 'audit ok'])
    expect(found[0]?.message).toBe('sts/a and sts/b refuse: the bearer is not the one that it expects')
  })

  it('is another one where only some replicas refuse it', () => {
    const [found] = judgeBearer([asked('sts/a', 'unauthorized'), asked('sts/b')], inCluster)
    expect(found?.message).toContain('only some replicas expect another bearer')
  })

  it('is not blamed for what is no refusal, and not demanded in silence', () => {
    const [timeout] = judgeBearer([asked('sts/a', 'timeout')], inCluster)
    expect(timeout).toMatchObject({ state: 'failed', message: 'timeout it is', reasons: ['timeout'] })
    const [open] = judgeBearer([asked('sts/a')], { ...inCluster, hasBearer: false })
    expect(open?.state).toBe('warning')
    expect(judgeBearer([], inCluster)[0]?.state).toBe('skipped')
  })
})

describe('a server of a store', () => {
  const session: SessionRow = {
    version_number: 180_000,
    version: '18.0',
    in_recovery: false,
    tracks_activities: true,
    superuser: false,
    connection_limit: 6,
    connections: 1,
    lacking: '',
    uses_schema: true,
  }
  const login = { user: 'gate', took: 10, isPooled: false }

  it.each([
    [{}, login, []],
    [{ version_number: 130_000 }, login, ['version warning']],
    [{ in_recovery: true }, login, ['primary failed']],
    [{}, { ...login, isPooled: true }, ['session warning']],
    [{ superuser: true }, login, ['rights warning']],
    [{ connection_limit: 4 }, login, ['connections warning']],
    [{ connection_limit: -1 }, login, []],
    [{ uses_schema: false }, login, ['schema public failed']],
    [{}, { ...login, took: 800 }, ['login warning']],
  ])('whose session is %o is judged so', (change, how, expected) => {
    const found = judgeSession({ ...session, ...change }, how).filter(({ state }) => state !== 'ok')
    expect(found.map(({ subject, state }) => `${subject} ${state}`)).toEqual(expected)
  })

  it.each([
    ['redis_version:6.2.0\r\nrole:master', ['failed', 'ok']],
    ['redis_version:7.0.15\r\nrole:master', ['warning', 'ok']],
    ['redis_version:7.2.0\r\nrole:slave', ['ok', 'failed']],
    ['redis_version:8.0.1\r\nrole:master', ['ok', 'ok']],
  ])('that says %o of itself is judged so', (info, expected) => {
    expect(judgeServer(info).map(({ state }) => state)).toEqual(expected)
  })
})

describe('a release', () => {
  const seen = { name: 'caracal', namespace: 'prod', workloads: 0, pods: 0, others: ['production'] }

  it('X93: whose pods alone have its label is told as what Argo CD does', () => {
    const found = judgeRelease({ ...seen, pods: 7 })
    expect(found).toMatchObject({ state: 'failed', reasons: ['workload_unlabelled', 'no_workload'] })
    expect(found.message).toContain('7 pods in namespace prod and no workload')
    expect(found.fix?.join()).toContain('application.resourceTrackingMethod: annotation')
  })

  it('that nothing has the label of is looked for under its other names', () => {
    expect(judgeRelease(seen).fix?.[0]).toContain('release: { name: production')
  })
})
