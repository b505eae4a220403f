import { describe, expect, it } from 'vitest'
import type { BlockerReport } from '../../../src/contract/document.ts'
import { readPage, viewOf } from './page-views.ts'
import { blind, dead, latched } from './page-worlds.ts'

const redis: BlockerReport = {
  ref: 'causes/redis-unavailable',
  state: 'firing',
  reason: 'timeout',
  message: 'Redis at 127.0.0.1:6379 did not answer in time',
  rootCause: true,
  explainedBy: null,
  title: 'Redis at 127.0.0.1:6379 does not answer',
  since: '2026-11-22T20:00:30.000Z',
  nextStep: 'redis-cli -h 127.0.0.1 PING',
  runbookUrl: 'runbook/redis-unavailable',
}

/** A stop and a check that a cause explains. */
function explained() {
  const view = viewOf(new Map([...dead, ...blind]))
  const following = view.report.blocking.map((one) => ({ ...one, rootCause: false, explainedBy: redis.ref }))
  return readPage({ ...view, report: { ...view.report, blocking: [redis, ...following] } })
}

describe('X15: a root cause that is no check', () => {
  it('has its title, what was seen, since when, the first action and its page of the runbook', () => {
    const page = explained()
    expect(page.text('#why-title')).toBe('Why not: 1 cause')
    expect(page.all('.blocker')).toHaveLength(1)
    const card = page.text('.blocker')
    for (const words of [
      'firing Redis at 127.0.0.1:6379 does not answer Redis at 127.0.0.1:6379 did not answer in time Since',
      '20:00:30 UTC (30 s ago)',
      'First redis-cli -h 127.0.0.1 PING',
      'cause redis-unavailable',
      'Runbook: redis-unavailable',
    ])
      expect(card).toContain(words)
  })

  it('has folded under it what it explains, with a link to each', () => {
    const page = explained()
    expect(page.text('#explains-causes-redis-unavailable')).toMatch(
      /^Explains 2 others .*stop condition audit-dlq-growing.*Readiness, check ready-sts/,
    )
    expect(page.markup).toContain('href="#stop-audit-dlq-growing"')
    // Each says so in its own place, and keeps its own evidence.
    for (const place of ['#stop-audit-dlq-growing', '#check-ready-sts'])
      expect(page.text(place)).toContain('Explained by Redis at 127.0.0.1:6379 does not answer')
    expect(page.text('#facts-gates-readiness-checks-ready-sts')).toContain('look at gateway/gateway-1')
  })

  it('hides nothing: what no shown cause explains is listed after them', () => {
    const view = viewOf(dead)
    const blocking = view.report.blocking.map((one) => ({ ...one, rootCause: false }))
    const page = readPage({ ...view, report: { ...view.report, blocking: [redis, ...blocking] } })
    expect(page.text('#consequences')).toContain('audit-dlq-growing')
  })

  it('of which there are many are shown in part, and the rest is counted', () => {
    const view = viewOf(dead)
    const blocking = Array.from({ length: 9 }, (_, place) => ({ ...redis, ref: `causes/x-${place}` }))
    const page = readPage({ ...view, report: { ...view.report, blocking } })
    expect(page.text('#more-causes')).toMatch(/^3 more causes/)
  })
})

describe('the form that acknowledges', () => {
  const forms = (view: ReturnType<typeof latched>) => readPage(view).all('.acknowledge')

  it('is there for a stop that is over, where the operator switched it on, and names the rollout', () => {
    const [form, ...others] = forms({ ...latched(), acknowledging: true })
    expect(form?.attributes).toMatchObject({
      'data-stop': 'replay-backlog-aging',
      'data-rollout': 'caracal/47',
    })
    expect(others).toEqual([])
  })

  it('is not there otherwise: the command is', () => {
    expect(forms(latched())).toEqual([])
    expect(forms({ ...viewOf(dead), acknowledging: true })).toEqual([])
    const acknowledged = latched({ actor: 'ann', reason: 'replayed', at: 0 })
    expect(forms({ ...acknowledged, acknowledging: true })).toEqual([])
    expect(readPage(latched()).text('.latch')).toContain('caracal-gate ack replay-backlog-aging')
  })

  it('X43: has the address of the exporter in the command, and the form of its pod', () => {
    const view = latched()
    const pod = { namespace: 'gate', name: 'caracal-gate-0', tokenFile: '/run/token' }
    const evaluator = { ...view.report.evaluator, externalUrl: 'https://ops.example/gate', pod }
    const said = readPage({ ...view, report: { ...view.report, evaluator } }).text('.latch')
    expect(said).toContain('caracal-gate ack replay-backlog-aging --url https://ops.example/gate ')
    expect(said).toContain('kubectl -n gate exec caracal-gate-0 -c exporter -- node /app/main.js ack ')
  })
})
