import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { passwordOf } from '../../demo/configuration.ts'
import { areas } from '../../src/cli/doctor/index.ts'
import { cleanUp, run, type Ended } from '../support/cli-process.ts'
import { proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'

// The program as a process, on the simulated platform with a running exporter.

interface Told {
  readonly kind: string
  readonly counts: Readonly<Record<string, number>>
  readonly findings: readonly {
    readonly area: string
    readonly subject: string
    readonly state: string
    readonly message: string
    readonly mend: readonly string[]
  }[]
}

const redisPassword = 'redis-Zq7/pass+%&word'
let ground: Ground
let gate: Gate

beforeAll(async () => {
  ground = await setGround({ redis: { config: { requirepass: redisPassword } } })
  writeFileSync(ground.files.redisPassword, redisPassword)
  for (const file of Object.values(ground.files))
    if (file !== ground.files.state && file !== ground.files.config) chmodSync(file, 0o600)
  gate = await ground.start()
  await gate.until('proceed', proceeds, 20)
})
afterEach(cleanUp)
afterAll(() => ground.end())

function doctor(...more: readonly string[]): Promise<Ended> {
  return run(['doctor', '--config', ground.files.config, '--url', gate.url, ...more])
}

async function told(...more: readonly string[]): Promise<Told & { readonly code: number | null }> {
  const { code, stdout, stderr } = await doctor('-o', 'json', ...more)
  expect(stderr).toBe('')
  expectNoSecret(stdout)
  return { code, ...(JSON.parse(stdout) as Told) }
}

function expectNoSecret(text: string): void {
  const { platform, files, token } = ground
  const secrets = [
    redisPassword,
    token,
    passwordOf(platform.postgres.url),
    readFileSync(files.metricsBearer, 'utf8'),
  ]
  for (const secret of secrets)
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      expect(text.includes(form)).toBe(false)
}

describe('caracal-gate doctor', () => {
  it('looks at everything, finds nothing that failed, and exits with 0', async () => {
    const { code, findings, counts } = await told()
    expect(findings.filter(({ state }) => state === 'failed')).toEqual([])
    expect([code, counts['failed']]).toEqual([0, 0])
    expect([...new Set(findings.map(({ area }) => area))]).toEqual(
      expect.arrayContaining(areas.map(({ name }) => name)),
    )
    for (const area of ['network', 'bearer', 'postgres', 'redis', 'clocks', 'exporter'])
      expect(findings.filter((one) => one.area === area && one.state === 'ok')).not.toEqual([])
  })

  it('says loudly what was not looked at', async () => {
    const { stdout } = await doctor()
    expect(stdout).toMatch(/^ {2}skipped {2}rules .*--prometheus/m)
    expect(stdout).toMatch(/^ {2}skipped {2}watchdog .*--alertmanager/m)
  })

  it('names a bearer that is refused, and which checks of the exporter it explains', async () => {
    const right = readFileSync(ground.files.metricsBearer, 'utf8')
    writeFileSync(ground.files.metricsBearer, 'wrong-Hy5tR2')
    try {
      await gate.until('it is refused', ({ verdict }) => verdict === 'hold', 20)
      const { stdout, code } = await doctor()
      expect(code).toBe(5)
      expect(stdout).not.toContain('wrong-Hy5tR2')
      for (const service of ['sts', 'gateway', 'audit'])
        expect(stdout).toMatch(new RegExp(`FAILED {3}${service} .*refuses?: the bearer is not the one`))
      expect(stdout).toMatch(
        /unknown: unauthorized: .* of (sts|gateway|audit)\/.*; explained by bearer: \1$/m,
      )
      // What is to be fixed stands at the end, where a terminal still shows it, and what failed first.
      const [, end = ''] = stdout.split('What to fix')
      expect(end.indexOf('FAILED')).toBeLessThan(end.indexOf('metricsBearer: { file:'))
      expect(end.trimEnd().split('\n').at(-1)).toMatch(/^\d+ failed, .*\d+ ok\.$/)
    } finally {
      writeFileSync(ground.files.metricsBearer, right)
    }
    await gate.until('proceed again', proceeds, 20)
  })

  it('warns where the running exporter has another configuration', async () => {
    const { findings, code } = await told('--set', 'rollout.steady=5m', '--only', 'exporter')
    expect(code).toBe(0)
    expect(findings).toContainEqual(
      expect.objectContaining({ area: 'exporter', subject: 'configuration', state: 'warning' }),
    )
  })

  it('looks only at what is wanted', async () => {
    const { findings } = await told('--only', 'redis,postgres')
    expect([...new Set(findings.map(({ area }) => area))].toSorted()).toEqual(['postgres', 'redis'])
  })

  it('names every fault of a configuration that is wrong, and exits with 2', async () => {
    const { code, stdout } = await doctor('--set', 'redis.url=http://x', '--set', 'rollout.steady=soon')
    expect(code).toBe(2)
    expect(stdout).toMatch(/FAILED {3}redis.url /)
    expect(stdout).toMatch(/FAILED {3}rollout.steady /)
    expect(stdout).toMatch(/skipped {2}all .*the configuration is wrong/)
  })

  it('warns of a secret that everybody may read, and its line fixes it', async () => {
    chmodSync(ground.files.redisPassword, 0o644)
    const before = await told('--only', 'configuration')
    const one = before.findings.find(({ state }) => state === 'warning')
    expect(one?.subject).toBe('redis.password')
    execFileSync('sh', ['-c', one?.mend[0] ?? 'false'])
    const after = await told('--only', 'configuration')
    expect(after.findings.filter(({ state }) => state !== 'ok')).toEqual([])
  })

  it('warns of blanks around a secret, and its line takes them away', async () => {
    writeFileSync(ground.files.redisPassword, ` ${redisPassword}\r\n`)
    const before = await told('--only', 'configuration')
    const one = before.findings.find(({ state }) => state === 'warning')
    execFileSync('sh', ['-c', one?.mend[0] ?? 'false'])
    expect(readFileSync(ground.files.redisPassword, 'utf8')).toBe(redisPassword)
  })

  it('says that nobody answers at the address that was given', async () => {
    const nowhere = 'http://127.0.0.1:9/'
    const { code, stdout } = await run([
      'doctor',
      '--config',
      ground.files.config,
      '--url',
      nowhere,
      '--only',
      'exporter',
    ])
    expect(code).toBe(5)
    expect(stdout).toContain('127.0.0.1:9 refused the connection')
  })

  it('tells wrong usage from what failed', async () => {
    const { code, stderr } = await doctor('--only', 'everything')
    expect(code).toBe(2)
    expect(stderr).toContain('allowed: configuration, dns, network, tls, bearer, postgres, redis, kubernetes')
    expect((await doctor('--prometheus', 'http://a:b@c')).stderr).toContain('without user, password')
  })
})
