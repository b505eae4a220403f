import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describedBy, saysFailed } from '../../../src/kubernetes/helm-release.ts'

function said(description: string, config: Record<string, unknown> = {}): string {
  return describedBy({ info: { description }, config })
}

describe('what Helm says of a revision', () => {
  it.each([
    ['Upgrade "caracal" failed: timed out waiting for the condition', true],
    [
      'Upgrade "caracal" failed: pre-upgrade hooks failed: job caracal-migrate failed: BackoffLimitExceeded',
      true,
    ],
    ['Rollback "caracal" failed: context deadline exceeded', true],
    ['Release "caracal" failed: timed out waiting for the condition', true],
    ['Upgrade complete', false],
    ['Install complete', false],
    ['Rollback to 8', false],
    ['Preparing upgrade', false],
    ['Release for the failed Friday, "caracal" failed us', false],
    ['', false],
  ])('X60: %s: failed %s', (description, failed) => {
    expect(said(description)).toBe(description)
    expect(saysFailed(description)).toBe(failed)
  })

  it('is one line of bounded length', () => {
    const text = said(
      `Upgrade "x" failed: not ready\ncontext deadline exceeded\u001b[31m${'y'.repeat(5_000)}`,
    )
    expect(text).toMatch(/^Upgrade "x" failed: not ready context deadline exceeded/)
    expect(text.length).toBeLessThanOrEqual(240)
  })

  it.each([
    'Upgrade "x" failed: Deployment "api" is invalid: spec.env[3].value: Invalid value: "hunter22\\"x": no',
    'Upgrade "x" failed: spec: Invalid value: {"password":"hunter22"}: field is immutable',
    'Upgrade "x" failed: spec: Unsupported value: hunter22: supported values: a',
    'Upgrade "x" failed: error converting YAML: cannot unmarshal !!str `hunter22...` into int',
    'Upgrade "x" failed: dial postgres://caracal:hunter22@db:5432/caracal: refused',
  ])('X63: repeats no value: %s', (description) => {
    expect(said(description)).not.toContain('hunter22')
    expect(said(description)).toContain('***')
  })

  it('X63: repeats no value whose name says that it is secret, and what else it says', () => {
    const config = {
      secrets: { list: ['hunter22'] },
      db: { dbPassword: 'pass word' },
      name: 'caracal',
      tokens: ['ab'],
    }
    expect(said('Upgrade "x" failed: hunter22 and pass word of caracal, ab', config)).toBe(
      'Upgrade "x" failed: *** and *** of caracal, ab',
    )
  })

  it('never throws', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.jsonValue(), (text, config) => {
        expect(said(text, { config }).length).toBeLessThanOrEqual(240)
      }),
    )
  })
})
