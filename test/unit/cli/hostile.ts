import fc from 'fast-check'
import type { GateReport } from '../../../src/contract/document.ts'
import type { CheckReport, StopConditionReport } from '../../../src/contract/items.ts'
import { blocker, at, check, gate, report, stop } from './reports.ts'

/** Texts that some reader would take for more than text. */
export const nasty = [
  '[click](https://evil.example) ![x](https://evil.example/x.png)',
  '<img src=x onerror=alert(1)> <!-- --> <script>alert(1)</script>',
  '@everyone #1 caracal/caracal#2 https://evil.example www.evil.example a@evil.example :tada:',
  '`code` ``more`` ```\nfence\n```',
  '| a | b |\n|---|---|\n# heading\n- [ ] task\n> quote\n---\n***\n',
  ']]> <![CDATA[ & &amp; &#0; <?xml?> "quoted" \'single\'',
  '\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u009b31m \u0000 \u0008 \r\n',
  'a\ud800b \udfff \ufffe \uffff \u{1fffe}',
  '\u202eevil\u202c \u2066x\u2069 \u200b\u200d\ufeff',
  '\u{1f4a5}'.repeat(300),
  'x'.repeat(5_000),
  '',
  ' ',
]

/** Any text, and those that were made to do harm. */
export const anyText = fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 400 }))

const checkStates = fc.constantFrom('pass', 'pending', 'unknown', 'fail', 'skipped', 'quantum')
const stopStates = fc.constantFrom('clear', 'pending', 'firing', 'unknown', 'skipped', 'quantum')

const item = fc.record({
  claim: anyText,
  reason: anyText,
  message: anyText,
  runbookUrl: fc.oneof(anyText, fc.constant('https://docs.example/runbook#x')),
  nextStep: anyText,
  culprits: fc.array(
    fc.record({
      key: anyText,
      answer: fc.constant('unmet' as const),
      reason: anyText,
      message: anyText,
      target: fc.option(anyText),
      since: fc.constant(at(-5)),
      observed: fc.constant(null),
      threshold: fc.constant(null),
    }),
    { maxLength: 3 },
  ),
  culpritCount: fc.nat(500),
})

const anyCheck = fc
  .tuple(fc.oneof(anyText, fc.constant('sts-ready')), checkStates, item)
  .map(([id, state, more]) => check(id, { ...more, state: state as CheckReport['state'] }))

const latch = fc.option(
  fc.record({
    at: fc.constant(at(-9)),
    reason: anyText,
    message: anyText,
    culprits: fc.array(anyText, { maxLength: 2 }),
    preexisting: fc.boolean(),
    acknowledged: fc.option(fc.record({ actor: anyText, reason: anyText, at: fc.constant(at(-1)) })),
  }),
)

const anyStop = fc
  .tuple(fc.oneof(anyText, fc.constant('outbox-dead-messages')), stopStates, item, latch)
  .map(([id, state, more, held]) =>
    stop(id, { ...more, latch: held, state: state as StopConditionReport['state'] }),
  )

/** A whole document of this version in which every text may be anything, and every state too. */
export const anyReport: fc.Arbitrary<GateReport> = fc
  .record({
    verdict: fc.constantFrom('proceed', 'hold', 'stop') as fc.Arbitrary<GateReport['verdict']>,
    summary: anyText,
    checks: fc.array(anyCheck, { maxLength: 4 }),
    stops: fc.array(anyStop, { maxLength: 4 }),
    release: fc.record({ name: anyText, namespace: anyText }),
    id: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
    blocked: anyText,
    superseded: fc.boolean(),
    steadySeconds: fc.nat(100),
  })
  .map(({ verdict, summary, checks, stops, release, id, blocked, superseded, steadySeconds }) => {
    const base = report()
    const refs = [
      ...checks.map(({ id: name }) => `gates/readiness/checks/${name}`),
      ...stops.map(({ id: name }) => `stop-conditions/${name}`),
      blocked,
    ]
    return {
      ...base,
      verdict,
      summary,
      release,
      superseded,
      steadySeconds,
      rollout: { ...base.rollout, id },
      gates: [gate('readiness', checks)],
      stopConditions: stops,
      blocking:
        verdict === 'proceed'
          ? []
          : refs.map((ref) => ({ ...blocker(ref, 'fail', blocked), title: blocked, nextStep: blocked })),
    }
  })
