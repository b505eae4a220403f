import { describe, expect, it } from 'vitest'
import { canaryOptions, secretOptions } from '../../../src/cli/canary/options.ts'
import { settingsFrom } from '../../../src/cli/canary/settings.ts'
import { variableOf } from '../../../src/cli/canary/sources.ts'
import { outcomeOf, summaryOf, tableOf } from '../../../src/cli/canary/table.ts'
import type { Entry } from '../../../src/cli/canary/entries.ts'
import { found, passed } from '../../../src/cli/canary/reasons.ts'

const complete = {
  CARACAL_CANARY_ZONE: 'zone-1',
  CARACAL_CANARY_APPLICATION: 'app-1',
  CARACAL_CANARY_CLIENT_SECRET: 'secret-of-the-canary',
  CARACAL_CANARY_READER_TOKEN: 'cat_reader',
  CARACAL_CANARY_RESOURCE: 'resource://canary',
  CARACAL_CANARY_SCOPE: 'canary:read',
  CARACAL_CANARY_DENIED_RESOURCE: 'resource://other',
  CARACAL_CANARY_STS: 'http://10.0.0.1:8080, http://10.0.0.2:8080',
  CARACAL_CANARY_GATEWAY: 'http://gateways:8081',
  CARACAL_CANARY_COORDINATOR: 'http://coordinator:4000',
  CARACAL_CANARY_API: 'https://api:3000/base',
}

function settings(env: Readonly<Record<string, string>>, ...given: readonly (readonly [string, string])[]) {
  const output = { write: () => true }
  const process = {
    argv: [],
    env,
    version: () => Promise.resolve('0'),
    stdout: output,
    stderr: output,
    interrupted: new AbortController().signal,
  }
  return settingsFrom(process, given)
}

describe('what the canary must know', () => {
  it('comes from options first, then from variables', async () => {
    const read = await settings(
      complete,
      ['zone', 'zone-2'],
      ['sts', 'http://10.0.0.9:1'],
      ['audit-within', '5s'],
    )
    expect(read).toMatchObject({
      zone: 'zone-2',
      application: 'app-1',
      labels: ['app-1'],
      path: '/',
      deniedExchangeReason: 'no_rule_matched',
      deniedCallReason: 'mandate_target_mismatch',
      auditWithin: 5_000,
      revokedWithin: 10_000,
      requestTimeout: 5_000,
    })
    expect(read.sts.map(String)).toEqual(['http://10.0.0.9:1/'])
    expect((await settings(complete)).sts.map(String)).toEqual([
      'http://10.0.0.1:8080/',
      'http://10.0.0.2:8080/',
    ])
    expect(String(read.api.url)).toBe('https://api:3000/base/')
  })

  it('is missing all at once, with the name of each variable', async () => {
    const error: unknown = await settings({}).catch((thrown: unknown) => thrown)
    for (const name of Object.keys(complete)) expect(String(error)).toContain(name)
  })

  it.each([
    ['STS', 'ftp://x', 'CARACAL_CANARY_STS is "ftp://x"; allowed: http:// or https:// with host and port'],
    ['API', 'http://a:b@c', 'CARACAL_CANARY_API holds a user or password'],
    ['ZONE', 'a b', 'CARACAL_CANARY_ZONE is "a b"; allowed: 1 to 128 letters'],
    ['PATH', '/health', 'CARACAL_CANARY_PATH is "/health"; allowed: a path of the resource'],
    ['PATH', '/metrics?x', 'CARACAL_CANARY_PATH is "/metrics?x"; allowed: a path of the resource'],
    ['PATH', '//other', 'CARACAL_CANARY_PATH is "//other"; allowed: a path that begins with one slash'],
    ['RESOURCE', 'a\nb', 'CARACAL_CANARY_RESOURCE is "a b"; allowed: 1 to 500 visible'],
    ['AUDIT_WITHIN', '20m', 'CARACAL_CANARY_AUDIT_WITHIN is "20m"; allowed: a time from 1s to 10m'],
    ['REVOKED_WITHIN', '0', 'allowed: a time from 1s to 12s'],
    ['REVOKED_WITHIN', '13s', 'allowed: a time from 1s to 12s'],
    ['CLIENT_SECRET', 'two words', 'CARACAL_CANARY_CLIENT_SECRET does not hold one secret on one line'],
  ])('R250 is refused by name where it has no meaning: %s', async (name, value, words) => {
    await expect(settings({ ...complete, [`CARACAL_CANARY_${name}`]: value })).rejects.toThrow(words)
  })

  it('R218 takes no secret from an argument, and repeats none', async () => {
    for (const { key, variable } of secretOptions) {
      expect(canaryOptions[key].value).toBe('FILE')
      expect(variable).not.toBe(variableOf(key))
    }
    const error: unknown = await settings({ ...complete, CARACAL_CANARY_READER_TOKEN: 'my secret' }).catch(
      (thrown: unknown) => thrown,
    )
    expect(String(error)).not.toContain('my secret')
  })
})

describe('the result of a canary', () => {
  const entry = (replica: string, more: Partial<Entry> = {}): Entry => ({
    component: 'gateway',
    replica,
    step: 'revocation',
    ...passed('seen after 1 s'),
    ...more,
  })
  const deaf = entry('10.0.0.7:8081', found('revocation_not_seen', 'it did not deny the revoked session'))
  const lost = entry('10.0.0.8:8081', found('request_lost', 'no whole answer within 5 s'))

  it('R216 is pass only where every entry passed, and never of nothing', () => {
    expect(outcomeOf([])).toBe('unknown')
    expect(outcomeOf([entry('a')])).toBe('pass')
    expect(outcomeOf([entry('a'), lost])).toBe('unknown')
    expect(outcomeOf([entry('a'), lost, deaf])).toBe('fail')
  })

  it('names what is not well in one sentence, what failed first', () => {
    expect(summaryOf([entry('a'), lost, deaf])).toBe(
      '2 of 3 steps did not pass: gateway 10.0.0.7:8081: revocation_not_seen, gateway 10.0.0.8:8081: request_lost',
    )
    expect(
      summaryOf(Array.from({ length: 90 }, (_, n) => entry(`10.0.0.${n}`, deaf))).length,
    ).toBeLessThanOrEqual(300)
  })

  it('is a table with the next step below it, in which nothing acts on a terminal', () => {
    const hostile = entry('a\u001b[2J', found('refused', '401 x: \u202e'))
    const text = tableOf([entry('a'), deaf, hostile])
      .map((line) => `${line.head ?? ''}${line.text}`)
      .join('\n')
    expect(text).toMatch(/^gateway +10\.0\.0\.7:8081 +revocation +fail +revocation_not_seen$/m)
    expect(text).toContain('Next: replace this Gateway')
    expect(text).not.toMatch(/[\u001b\u202e]/)
  })
})
