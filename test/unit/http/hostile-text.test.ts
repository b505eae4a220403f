import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finding } from './context.ts'
import { checkOf, reportOf } from './wire.ts'

describe('text from a target', { timeout: 60_000 }, () => {
  it('is valid for whatever findings there are, each text one line of at most 300 characters', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constant('<script>alert(1)</script>\u001b[31m\u202e\r\n'),
    )
    const findings = fc.array(
      fc.record({
        key: text,
        answer: fc.constantFrom('met' as const, 'near' as const, 'unmet' as const, 'unknown' as const),
        reason: text,
        message: text,
        observed: fc.record({ value: fc.double(), unit: fc.constant('seconds' as const) }),
        target: text,
      }),
      { minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(findings, findings, (first, second) => {
        const report = reportOf(
          new Map([
            ['ready-sts', first],
            ['audit-dlq-growing', second],
          ]),
          2,
        )
        // eslint-disable-next-line no-control-regex
        expect(JSON.stringify(report)).not.toMatch(
          /\\u00[01]|[\u0000-\u001f\u007f-\u009f\u202a-\u202e]|\\n|\\r/,
        )
      }),
      { numRuns: 50 },
    )
  })

  it('keeps a name that a shell could misread out of the command to paste', () => {
    const bad = finding('unmet', { key: 'sts/$(reboot)' })
    const report = reportOf(new Map([['ready-sts', bad]]))
    expect(checkOf(report, 'ready-sts').nextStep).not.toContain('reboot')
    expect(checkOf(report, 'ready-sts').culprits[0]?.key).toBe('sts/$(reboot)')
  })
})
