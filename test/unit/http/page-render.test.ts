import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import type { RolloutRecord } from '../../../src/http/context.ts'
import { renderNothingYet } from '../../../src/http/page/page.ts'
import { elementsOf } from '../../support/markup.ts'
import { handMadeRules, play, rollout, start } from './context.ts'
import { links, readPage, viewOf, viewOfSnapshot } from './page-views.ts'
import { blind, dead, latched } from './page-worlds.ts'

describe('at one glance the page says', () => {
  it('proceed, and that nothing stands against it', () => {
    const page = readPage(viewOf(new Map()))
    expect(page.text('h1')).toBe('Proceed')
    expect(page.text('title')).toBe('PROCEED · caracal · Caracal rollout gate')
    expect(page.text('.sentence')).toBe('All 2 required gates pass and no stop condition stands')
    expect(page.text('.since')).toBe('since 20:00:31 UTC (29 s ago)')
    expect(page.text('#why')).toContain('All 2 required gates pass, and no stop condition fires.')
    expect(page.all('.blocker')).toEqual([])
  })

  it('hold, what cannot be seen, where, since when, and what to do first', () => {
    const page = readPage(viewOf(blind))
    expect(page.text('h1')).toBe('Hold')
    expect(page.text('.sentence')).toContain('did not answer')
    const blocker = page.text('.blocker')
    for (const words of [
      'unknown',
      'sts-0 did not answer',
      'gateway/gateway-1',
      '20:00:01 UTC',
      'look at gateway/gateway-1',
    ])
      expect(blocker).toContain(words)
    expect(page.markup).toContain('href="https://runbook.example/ready-sts"')
  })

  it('stop, and which rollout, release and way back it is about', () => {
    const page = readPage(viewOf(dead))
    expect(page.text('h1')).toBe('Stop')
    const facts = page.text('.facts')
    for (const words of [
      'caracal/47',
      'rolling',
      'revision 47',
      'caracal-1.9.0',
      '1 image',
      'sts:1.9.0',
      'uncertain',
      'this was not judged yet',
    ])
      expect(facts).toContain(words)
    expect(facts).toContain('0 s of 30 s')
    expect(facts).toContain('valid until 20:01:03 UTC')
  })

  it('X03: what must arrive with the rollout, beside what is seen of it', () => {
    const rules = handMadeRules(new Map())
    const expected = [{ images: { sts: 'r.example/sts:2.0.0' }, revision: '48' }]
    const snapshot = play(rules, 60, { ...initialSnapshot(start, rules), rollout: { ...rollout, expected } })
    const facts = readPage(viewOfSnapshot(snapshot, rules)).text('.facts')
    for (const words of ['Must arrive', 'sts as r.example/sts:2.0.0', 'revision 48', 'sts:1.9.0'])
      expect(facts).toContain(words)
    expect(readPage(viewOf(new Map())).text('.facts')).not.toContain('Must arrive')
  })

  it('how long all has been well, of how long it must be', () => {
    const page = readPage(viewOf(new Map(), 13))
    expect(page.text('h1')).toBe('Hold')
    expect(page.text('.facts')).toContain('12 s of 30 s')
    expect(page.all('progress')[0]?.attributes).toMatchObject({ value: '12', max: '30' })
    expect(page.text('#why')).toContain('another 18 s')
  })

  it('that it cannot tell, when the report has expired, and no verdict', () => {
    const page = readPage(viewOf(new Map(), 60, { expired: true }))
    expect(page.text('h1')).toBe('Cannot tell')
    expect(page.text('title')).toContain('CANNOT TELL')
    expect(page.all('.is-proceed')).toEqual([])
    expect(page.all('.expired')).toHaveLength(1)
    expect(page.text('.since')).toContain('before that it said proceed')
    expect(page.text('#why-title')).toBe('The last known reasons')
  })

  it('that nothing has been judged yet, and nothing else', () => {
    const elements = elementsOf(renderNothingYet(links))
    expect(elements.find(({ name }) => name === 'h1')?.text).toBe('Cannot tell')
    expect(elements.filter(({ attributes }) => attributes['class']?.includes('is-proceed'))).toEqual([])
  })

  it('trouble of the daemon itself', () => {
    const view = viewOf(new Map())
    const evaluator = { ...view.report.evaluator, stateStore: { ok: false, message: 'the disk is full' } }
    const page = readPage({ ...view, report: { ...view.report, evaluator } })
    expect(page.text('.notices')).toBe('Its state is not saved: the disk is full')
    expect(readPage(view).all('.notices')).toEqual([])
  })
})

describe('the runbook', () => {
  it('X44: is a link to a page of this server or of a site, and nothing else is', () => {
    const view = viewOf(dead)
    const withUrl = (runbookUrl: string) => {
      const blocking = view.report.blocking.map((one) => ({ ...one, runbookUrl }))
      return readPage({ ...view, report: { ...view.report, blocking } })
    }
    for (const url of ['runbook/audit-dlq-growing', 'https://runbook.example/audit-dlq-growing']) {
      const page = withUrl(url)
      expect(page.text('.runbook')).toBe('Runbook: audit-dlq-growing')
      expect(page.markup).toContain(`href="${url}"`)
    }
    for (const url of [
      'docs/x.md#x',
      'javascript:alert(1)',
      'runbook/../admin',
      '//elsewhere.example/runbook/x',
    ]) {
      const page = withUrl(url)
      expect(page.text('.runbook')).toBe(`Runbook: ${url}`)
      expect(page.markup).not.toContain(`href="${url}`)
    }
  })
})

describe('a stop that fired', () => {
  it('stays a blocker when all is well again, with what fired and how to acknowledge it', () => {
    const page = readPage(latched())
    expect(page.text('h1')).toBe('Stop')
    const blocker = page.text('.blocker')
    for (const words of [
      'latched',
      'Well again since 20:00:16',
      'x.dlq took 3 entries',
      'It fired during this rollout',
      'caracal-gate ack replay-backlog-aging',
    ])
      expect(blocker).toContain(words)
    // X21: since it fired, as `explain` has it, and not since it was over.
    expect(page.text('#stop-replay-backlog-aging')).toMatch(
      /^latched Title of replay-backlog-aging replay-backlog-aging since 20:00:1[01] UTC/,
    )
  })

  it('says who acknowledged it, when and why', () => {
    const page = readPage(latched({ actor: 'ann', reason: 'replayed', at: start + 65_000 }))
    expect(page.text('h1')).toBe('Proceed')
    expect(page.text('#stop-replay-backlog-aging')).toMatch(
      /acknowledged.*Acknowledged by ann 20:01:05 UTC.*replayed/,
    )
  })

  it('is told from one that was there before', () => {
    const view = latched()
    const stopConditions = view.report.stopConditions.map((stop) =>
      stop.latch === null
        ? stop
        : { ...stop, preexisting: true, latch: { ...stop.latch, preexisting: true } },
    )
    const page = readPage({ ...view, report: { ...view.report, stopConditions } })
    expect(page.text('.blocker')).toContain('before this rollout began')
    expect(page.text('#stop-replay-backlog-aging')).toContain('was there before')
  })
})

describe('X22: a stop that counts in the rollout', () => {
  it('says how many are new, since when, and when the last one came', () => {
    const view = viewOf(dead)
    const counted = {
      observed: { value: 7, unit: 'entries' },
      countedSince: view.report.rollout.startedAt,
    } as const
    const lastEventAt = '2026-11-22T20:00:48.000Z'
    const stopConditions = view.report.stopConditions.map((stop) => ({ ...stop, ...counted, lastEventAt }))
    const page = readPage({ ...view, report: { ...view.report, stopConditions } })
    expect(page.text('.blocker')).toContain('Seen 7 new entries since the rollout began, last 12 s ago')
  })
})

describe('the rollout', () => {
  const ledger: RolloutRecord['ledger'] = [
    ['rollout-begun', 'caracal/47', 'migrating', 'migrating', 'release 1.9'],
    ['rollout-phase', 'caracal/47', 'rolling', 'migrating -> rolling'],
    ['transition', 'stop-condition/audit-dlq-growing', 'firing', 'clear -> firing: x.dlq took 3 entries'],
    ['acknowledged', 'stop-condition/audit-dlq-growing', 'acknowledged', '', 'replayed'],
    ['transition', 'gate/readiness', 'fail', 'pass -> fail: not told'],
  ].map(([kind = '', subject = '', to = '', message = '', reason], place) => ({
    sequence: place,
    at: start + place * 1_000,
    kind,
    subject,
    message,
    written: { message, to },
    previous: '',
    hash: '',
    ...(reason !== undefined && { actor: 'ann', reason }),
  }))

  it('is told by its phases, stops and people, newest first', () => {
    const page = readPage(viewOf(new Map(), 60, { history: [{ rollout, stops: {}, ledger }] }))
    const events = page.all('.event').map(({ text }) => text)
    expect(events).toHaveLength(4)
    expect(events[0]).toContain('acknowledged audit-dlq-growing by ann: replayed')
    expect(events[1]).toContain('audit-dlq-growing clear -> firing: x.dlq took 3 entries')
    expect(events[3]).toContain('begun caracal/47 migrating by ann: release 1.9')
    expect(page.text('.phases')).toBe('preflight migrating20:00:00 UTC rolling20:00:01 UTC verifying done')
    const now = page.all('li').filter(({ attributes }) => attributes['aria-current'] === 'step')
    expect(now.map(({ text }) => text)).toEqual(['rolling20:00:01 UTC'])
  })

  it('is missing where there is none, and says so', () => {
    const rules = handMadeRules(new Map())
    const page = readPage(viewOfSnapshot(play(rules, 60), rules))
    expect(page.text('#timeline')).toContain('No rollout has been seen or declared yet')
    expect(page.text('.facts')).toContain('none is under way')
  })
})
