import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../../src/cli/answer.ts'
import { reachFrom } from '../../../src/cli/connect.ts'
import { decide } from '../../../src/cli/decision.ts'
import { noPaint } from '../../../src/cli/paint.ts'
import { screenOf } from '../../../src/cli/screen.ts'
import { statusLines } from '../../../src/cli/status-text.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { anyReport } from './hostile.ts'
import { at, blocker, held, reply, report, stop, stopped } from './reports.ts'

const base = new URL('http://127.0.0.1:9465/')

async function shown(document: GateReport, columns = 80, all = false) {
  const screen = await screenOf({ stdout: { write: () => true, isTTY: true, columns, rows: 24 }, env: {} })
  const answer = readAnswer(reply(document), {})
  if (answer.kind !== 'valid') return undefined
  const decision = decide(answer.report, {})
  const { gates } = answer.report
  const reach = reachFrom({ url: 'http://gate:9465', tokenFile: undefined, caFile: undefined }, {})
  const view = { answer, decision, gates, narrowed: false, all, paint: noPaint, screen, base, reach }
  const lines = statusLines(view)
  return { rows: screen.rows(lines), height: screen.heightOf(lines) }
}

describe('status on a terminal', () => {
  it('X46: says the verdict, the root cause with what to do, and how much is well', async () => {
    expect((await shown(held()))?.rows).toEqual([
      'HOLD  Hold: 1 of 2 replicas is not ready',
      'since 20:14:00Z (60 s ago), steady for 0 ms of 30 s, evaluated 20 ms ago',
      'release caracal/caracal, rollout caracal/47, rolling, since 20:05:00Z (10 min',
      'ago)',
      'rollback unknown: nothing is known',
      '',
      '1. fail  1 of 2 replicas is not ready',
      '   gates/readiness/checks/sts-ready since 20:13:46Z (74 s ago)',
      '   where    sts-1',
      '   first    kubectl -n caracal logs sts-1 --since=5m',
      '   runbook  https://docs.example/runbook#outbox',
      '',
      '1 of 2 gates pass, 2 of 2 stops clear',
      'everything: caracal-gate status --all; why: caracal-gate explain',
    ])
  })

  it('says of a stop that is over how to acknowledge it, at the same exporter', async () => {
    const latch = {
      at: at(-60),
      reason: 'r',
      message: 'm',
      culprits: [],
      preexisting: false,
      acknowledged: null,
    }
    const over = stopped({
      blocking: [blocker('stop-conditions/x', 'latched', 'fired and is not acknowledged')],
      stopConditions: [stop('x', { latch })],
    })
    const { rows = [] } = (await shown(over)) ?? {}
    const first = rows.findIndex((row) => row.startsWith('   first'))
    expect(rows.slice(first, first + 2)).toEqual([
      '   first    caracal-gate ack x --reason "why it is safe to go on" \\',
      '              --url http://gate:9465 --token-file FILE',
    ])
  })

  it('counts what a cause explains, and names the cause by its title', async () => {
    const cause = {
      ...blocker('causes/redis-unavailable', 'firing', 'refused the connection since 20:14:48 UTC'),
      title: 'Redis at 127.0.0.1:6379 does not answer',
      since: at(-12),
      nextStep: 'redis-cli -h 127.0.0.1 -p 6379 ping',
      runbookUrl: 'runbook/redis-unavailable',
      explainedBy: null,
    }
    const explained = ['a', 'b'].map((id) => ({
      ...blocker(`stop-conditions/${id}`, 'unknown', 'not seen'),
      rootCause: false,
      explainedBy: cause.ref,
    }))
    const rows = (await shown(stopped({ blocking: [cause, ...explained] })))?.rows ?? []
    expect(rows.slice(6, -2)).toEqual([
      '1. firing  Redis at 127.0.0.1:6379 does not answer',
      '   causes/redis-unavailable since 20:14:48Z (12 s ago)',
      '   refused the connection since 20:14:48 UTC',
      '   first    redis-cli -h 127.0.0.1 -p 6379 ping',
      '   runbook  http://127.0.0.1:9465/runbook/redis-unavailable',
      '',
    ])
    expect(rows.at(-2)).toBe('2 of 2 gates pass, 1 of 2 stops clear, 2 more entries follow from this')
  })

  it('X46: fits 24 rows with twenty causes, and says how many are not named', async () => {
    const many = Array.from({ length: 20 }, (_, at) =>
      blocker(`stop-conditions/s${at}`, 'firing', `${at}: ${'a long message '.repeat(20)}`),
    )
    const stops = many.map(({ ref, message }) =>
      stop(ref.slice(16), { state: 'firing', message, nextStep: 'kubectl logs x '.repeat(12).trim() }),
    )
    const { rows = [], height = 99 } = (await shown(stopped({ blocking: many, stopConditions: stops }))) ?? {}
    expect(height).toBeLessThanOrEqual(23)
    expect(rows.join('\n')).toMatch(/^1\. firing {2}0: a long message (.|\n)*and \d+ more causes$/m)
    expect(rows.join('\n')).toContain('   first    kubectl logs x')
  })

  it(
    'fits 24 rows of 80 columns whatever the document says, and has no row that is too wide',
    () =>
      fc.assert(
        fc.asyncProperty(anyReport, async (document) => {
          const view = await shown(document)
          if (view === undefined) return
          expect(view.height).toBeLessThanOrEqual(23)
          expect(view.rows.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
        }),
        { numRuns: 60 },
      ),
    60_000,
  )

  it('is readable at 20 columns', async () => {
    const { rows = [] } = (await shown(held(), 20)) ?? {}
    expect(rows.slice(0, 3)).toEqual(['HOLD  Hold: 1 of 2', '      replicas is', '      not ready'])
    expect(rows).toContain('  kubectl \\')
    expect(Math.max(...rows.filter((row) => !row.includes('https://')).map((row) => row.length))).toBe(20)
  })

  it('shows proceed in a few rows', async () => {
    expect((await shown(report()))?.rows.slice(-3)).toEqual([
      '',
      '2 of 2 gates pass, 2 of 2 stops clear',
      'everything: caracal-gate status --all; why: caracal-gate explain',
    ])
  })
})
