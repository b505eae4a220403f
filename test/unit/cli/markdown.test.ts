import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnswer, type Answer } from '../../../src/cli/answer.ts'
import { rendered } from '../../../src/cli/rendering.ts'
import type { CheckReport } from '../../../src/contract/items.ts'
import { anyReport, anyText, nasty } from './hostile.ts'
import { blocker, check, gate, held, reply, report, stopped, valid } from './reports.ts'

const lineOfNote =
  /^(\*\*(PROCEED|HOLD|STOP|SUPERSEDED|CANNOT TELL)\*\* §|- Root cause: § §( since [\d:]{8}Z \([\w ]+ ago\))?: §|- Culprit: §(, and \d+ more)?(: §)?|- First action: §|- \[Runbook\]\(https?:\/\/[\w.:/#-]+\)|- Also blocking: \d+ more|- Release §, (no rollout|rollout §, §)|- Verdict since [\d:]{8}Z \([\w ]+ ago\), steady for [\w ]+, evaluated at [\d:]{8}Z|Nothing is known about the rollout: do not go on\.|)$/

/** Every line is one of ours, with nothing from elsewhere but in code spans, in which Markdown reads nothing. */
function expectPlain(note: string): void {
  expect(note.length).toBeLessThan(1_024)
  expect(Buffer.byteLength(note)).toBeLessThan(1_024)
  expect(note.isWellFormed()).toBe(true)
  for (const line of note.split('\n')) {
    const without = line.replaceAll(/`[^`]+`/g, '§')
    expect(without).toMatch(lineOfNote)
    expect(without).not.toContain('`')
  }
  expect(note).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
}

describe('the note', () => {
  it('has the verdict, the root cause, who is to blame, since when and what to do first', () => {
    expect(rendered('markdown', valid(held()), {}).split('\n')).toEqual([
      '**HOLD** `Hold: 1 of 2 replicas is not ready`',
      '',
      '- Root cause: `gates/readiness/checks/sts-ready` `fail` since 20:13:46Z (74 s ago): `1 of 2 replicas is not ready`',
      '- Culprit: `sts-1`: `sts-1 says not ready`',
      '- First action: `kubectl -n caracal logs sts-1 --since=5m`',
      '- [Runbook](https://docs.example/runbook#outbox)',
      '- Release `caracal/caracal`, rollout `caracal/47`, `rolling`',
      '- Verdict since 20:14:00Z (60 s ago), steady for 0 ms of 30 s, evaluated at 20:15:00Z',
      '',
    ])
    expect(rendered('markdown', valid(stopped()), {})).toMatch(/^\*\*STOP\*\* /)
    expect(rendered('markdown', valid(report()), { rollout: 'caracal/48' })).toMatch(/^\*\*SUPERSEDED\*\* /)
  })

  it('says that nothing is known when nothing can be told', () => {
    for (const message of nasty) {
      const note = rendered('markdown', { kind: 'cannot-tell', reason: 'x', message, lasting: true }, {})
      expectPlain(note)
      expect(note).toMatch(/^\*\*CANNOT TELL\*\* /)
    }
  })

  it('never shows a part of a command', () => {
    const long = `kubectl ${'x'.repeat(600)}`
    for (const nextStep of [long, 'echo `id`', `kubectl ${'y'.repeat(3_000)}`]) {
      const one = check('sts-ready', { state: 'fail', message: 'm', nextStep })
      const note = rendered('markdown', valid(held({ gates: [gate('readiness', [one])] })), {})
      expect(note).not.toContain('First action')
    }
  })

  it('leaves out what matters least when not all fits, and never the root cause', () => {
    const text = 'ü'.repeat(400)
    const culprits = [{ ...held().gates[0]?.checks[1]?.culprits[0], key: text, message: `${text}!` }]
    const one = check('sts-ready', {
      state: 'fail',
      message: text,
      culprits: culprits as CheckReport['culprits'],
      nextStep: `kubectl ${'z'.repeat(350)}`,
      runbookUrl: `https://docs.example/${'r'.repeat(300)}`,
    })
    const blocking = [blocker('gates/readiness/checks/sts-ready', 'fail', text)]
    const document = held({ summary: text, blocking, gates: [gate('readiness', [one])] })
    const note = rendered('markdown', valid(document), {})
    expectPlain(note)
    expect(note).toContain('- Root cause: ')
    expect(note).toContain('- First action: ')
    expect(note).not.toContain('- Culprit')
    expect(note).not.toContain('Runbook')
  })

  it('is less than 1,024 bytes of text in which nothing is a link, an image, HTML, a table or a mention', () => {
    fc.assert(
      fc.property(anyReport, (document) => {
        expectPlain(rendered('markdown', readAnswer(reply(document), {}), {}))
      }),
    )
    fc.assert(
      fc.property(anyText, (message) => {
        const answer: Answer = { kind: 'cannot-tell', reason: 'x', message, lasting: true }
        expectPlain(rendered('markdown', answer, {}))
      }),
    )
  })
})
