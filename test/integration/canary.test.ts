import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Platform } from '../../rig/platform/index.ts'
import { canary, environmentOf, hostOf, startQuietPlatform, type Printed } from '../support/canary.ts'
import { cleanUp, listen, runHere } from '../support/cli-process.ts'
import { taking } from '../support/evidence.ts'

let platform: Platform
let stop: () => Promise<void>

beforeAll(async () => {
  ;({ platform, stop } = await startQuietPlatform(4))
})
afterEach(cleanUp)
afterAll(() => stop())

const short = ({ component, replica, step, outcome, reason }: Printed) =>
  [component, replica, step, outcome, reason].join(' ')

describe('caracal-gate canary against the platform', () => {
  it('R210 proves every step at every replica, by name', async () => {
    const { code, stderr, entries, bad } = await canary(platform)
    expect([stderr, bad, code]).toEqual(['', [], 0])
    const steps = { sts: ['exchange-allowed', 'exchange-denied'], gateway: ['call-allowed', 'call-denied'] }
    const wanted = platform.replicas.flatMap(({ service, name }) =>
      service === 'sts' || service === 'gateway'
        ? [...steps[service], 'audit', ...(service === 'gateway' ? ['revocation'] : [])].map(
            (step) => `${service} ${hostOf(platform, name)} ${step}`,
          )
        : [],
    )
    const named = entries.map(({ component, replica, step }) => `${component} ${replica} ${step}`)
    expect(named.toSorted()).toEqual([...wanted, 'audit audit-ingestor audit'].toSorted())
  })

  it('R217 goes twice at once without either run spoiling the other', async () => {
    const runs = await Promise.all([canary(platform), canary(platform)])
    expect(runs.map(({ code, bad }) => [code, bad])).toEqual([
      [0, []],
      [0, []],
    ])
  })

  it('R213 finds a policy bundle that STS refused, though no counter of the platform moves', async () => {
    await platform.faults.inject('policy-refused')
    try {
      await expect
        .poll(async () => (await canary(platform, { CARACAL_CANARY_AUDIT_WITHIN: '1s' })).code, {
          timeout: 10_000,
        })
        .toBe(8)
      const { bad } = await canary(platform, { CARACAL_CANARY_AUDIT_WITHIN: '1s' })
      const failed = bad.filter(({ outcome }) => outcome === 'fail').map(short)
      expect(failed).toEqual(
        ['sts-0', 'sts-1'].flatMap((name) =>
          ['exchange-allowed', 'exchange-denied'].map(
            (step) => `sts ${hostOf(platform, name)} ${step} fail policy_bundle_refused`,
          ),
        ),
      )
    } finally {
      await platform.faults.clear('policy-refused')
    }
  })

  it('R252 finds the STS that did not load what was activated, and decides by the old policy', async () => {
    await platform.faults.inject('policy-failure')
    try {
      platform.activatePolicy('version-2', new Date(Date.now() - 120_000))
      await expect
        .poll(async () => (await canary(platform)).bad.map(short), { timeout: 10_000 })
        .toEqual([`sts ${hostOf(platform, 'sts-0')} audit fail policy_outdated`])
      // Another replica may take a minute.
      platform.activatePolicy('version-2', new Date())
      expect((await canary(platform)).bad.map(short)).toEqual([
        `sts ${hostOf(platform, 'sts-0')} audit unknown policy_loading`,
      ])
    } finally {
      await platform.faults.clear('policy-failure')
    }
    await expect.poll(async () => (await canary(platform)).code, { timeout: 10_000 }).toBe(0)
  })

  it('R213 finds a dead audit ingestor without any traffic but its own', async () => {
    platform.deafen('audit-0', true)
    try {
      const { code, bad } = await canary(platform, { CARACAL_CANARY_AUDIT_WITHIN: '1s' })
      expect(code).toBe(8)
      expect(bad.filter(({ outcome }) => outcome === 'fail').map(short)).toEqual([
        'audit audit-ingestor audit fail audit_ingestion_dead',
      ])
    } finally {
      platform.deafen('audit-0', false)
    }
  })

  it('R213 finds the one Gateway that hears of no revocation, and pushes what it found of each replica', async () => {
    const { sent, listener } = taking()
    const { url } = await listen(listener)
    platform.deafen('gateway-2', true)
    try {
      const digest = `sha256:${'a'.repeat(64)}`
      const args = ['--push', '--rollout', 'caracal/48', '--digest', digest, '--url', url]
      const { code, bad, entries, stderr } = await canary(
        platform,
        { CARACAL_CANARY_REVOKED_WITHIN: '3s' },
        args,
      )
      const deaf = `gateway ${hostOf(platform, 'gateway-2')} revocation fail revocation_not_seen`
      expect([bad.map(short), code, stderr]).toEqual([[deaf], 8, ''])
      // STS denied the call, and the Gateway alone would have let it through.
      expect(bad[0]?.message).toContain('403 access_denied')
      const [evidence] = sent
      expect(evidence).toMatchObject({
        path: '/evidence/canary',
        body: { outcome: 'fail', rollout: 'caracal/48', digest, validForSeconds: 7_200 },
      })
      expect(evidence?.body['replicas']).toEqual(
        entries.map(({ component, replica, step, outcome, reason, message }) => ({
          component,
          replica,
          step,
          outcome,
          reason,
          message,
        })),
      )
    } finally {
      platform.deafen('gateway-2', false)
    }
  })

  it('R253 finds it though it loads its snapshot right after the first revocation', async () => {
    const redis = new Redis(platform.redis.url)
    platform.deafen('gateway-2', true)
    try {
      const revoked = redis.xread('BLOCK', 20_000, 'STREAMS', 'caracal.sessions.revoke', '$')
      const running = canary(platform, { CARACAL_CANARY_REVOKED_WITHIN: '3s' })
      await revoked
      await platform.reloadSnapshot('gateway-2')
      const { bad } = await running
      expect(bad.map(short)).toEqual([
        `gateway ${hostOf(platform, 'gateway-2')} revocation fail revocation_not_seen`,
      ])
      expect(bad[0]?.message).toContain('it saw one revocation')
    } finally {
      platform.deafen('gateway-2', false)
      redis.disconnect()
    }
  })

  it('R216 takes a request that was lost for unknown, and an identity that expired for a failure', async () => {
    const gateway = environmentOf(platform)['CARACAL_CANARY_GATEWAY'] ?? ''
    const lost = await canary(platform, {
      CARACAL_CANARY_GATEWAY: `${gateway},http://127.0.0.1:1`,
      CARACAL_CANARY_REVOKED_WITHIN: '3s',
    })
    expect(lost.code).toBe(9)
    expect(lost.bad.map(short)).toEqual([
      'gateway 127.0.0.1:1 call-allowed unknown unreachable',
      'gateway 127.0.0.1:1 call-denied unknown unreachable',
      'gateway 127.0.0.1:1 revocation unknown unreachable',
      'gateway 127.0.0.1:1 audit unknown not_audited',
    ])
    const expired = await canary(platform, { CARACAL_CANARY_CLIENT_SECRET: 'old' })
    expect(expired.code).toBe(8)
    expect(
      new Set(expired.bad.filter(({ outcome }) => outcome === 'fail').map(({ reason }) => reason)),
    ).toEqual(new Set(['identity_refused']))
    expect(expired.stdout).not.toContain('secret-token')
  })

  it('R212 sends a Gateway that does not answer no more than its time allows', async () => {
    let asked = 0
    const silent = await listen(() => void (asked += 1))
    const { bad, code } = await canary(platform, {
      CARACAL_CANARY_GATEWAY: silent.url,
      CARACAL_CANARY_REQUEST_TIMEOUT: '1s',
      CARACAL_CANARY_REVOKED_WITHIN: '1s',
    })
    expect([code, ...bad.map(({ step, reason }) => `${step} ${reason}`)]).toEqual([
      9,
      'call-allowed request_lost',
      'call-denied request_lost',
      'revocation request_lost',
      'audit not_audited',
    ])
    // Two calls, and one try of the revoked session: the next would come after the limit.
    expect(asked).toBe(3)
  })

  it('shows a person a table, and what to do next, and reads a file and the names of replicas', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'caracal-gate-canary-'))
    const file = join(folder, 'canary.yaml')
    const { CARACAL_CANARY_STS = '', CARACAL_CANARY_READER_TOKEN: _, ...env } = environmentOf(platform)
    const [first = '', second = ''] = CARACAL_CANARY_STS.split(',')
    await writeFile(join(folder, 'token'), 'other\n')
    await writeFile(
      file,
      [
        `sts: [${first}, ${second.replace('127.0.0.1', 'localhost')}]`,
        `readerTokenFile: ${join(folder, 'token')}`,
        'auditWithin: 5s',
      ].join('\n'),
    )
    const { code, stdout } = await runHere(['canary', '--config', file], env)
    expect(stdout).toContain(`sts        ${hostOf(platform, 'sts-1')} `)
    await writeFile(file, 'stss: [http://x]\n')
    const refused = await runHere(['canary', '--config', file], env)
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('has the key "stss"')])
    expect(refused.stderr).toContain('did you mean sts?')
    await rm(folder, { recursive: true })
    expect(code).toBe(9)
    expect(stdout).toMatch(/^component +replica +step +outcome +reason\n/)
    expect(stdout).toMatch(/\naudit +audit-ingestor +audit +unknown +audit_unreadable\n/)
    expect(stdout).toContain('Next: check --api and the reader token')
  })
})
