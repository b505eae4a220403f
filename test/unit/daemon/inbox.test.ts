import { describe, expect, it } from 'vitest'
import { bringsNews, fold } from '../../../src/core/belief.ts'
import type { Batch } from '../../../src/core/observation.ts'
import { openInbox } from '../../../src/daemon/inbox.ts'
import { showing } from '../../support/timeline.ts'

describe('an inbox', () => {
  it('waits longer for what is no news, and no longer than for news that comes meanwhile', async () => {
    const due = Promise.withResolvers<void>()
    const isSecond = ({ at }: Batch) => at === 2
    const inbox = openInbox(due.resolve, isSecond)
    expect(inbox.takeSoon(showing(1, { one: 1 }))).toBe(false)
    const startedAt = performance.now()
    expect(inbox.takeSoon(showing(2, { one: 2 }))).toBe(true)
    await due.promise
    const took = performance.now() - startedAt
    const late = Promise.withResolvers<void>()
    const lazy = openInbox(late.resolve, isSecond)
    const begunAt = performance.now()
    lazy.takeSoon(showing(1, { one: 1 }))
    await late.promise
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(240)
    expect(took).toBeLessThan(performance.now() - begunAt)
    expect(inbox.empty()).toHaveLength(2)
    lazy.empty()
  })
})

describe('a batch', () => {
  const first = showing(1, { one: 1 })
  const beliefs = fold(new Map(), [first])

  it('is no news when it gives the very outcome that is held, at whatever time', () => {
    const observations = first.observations.map((look) => ({ ...look, at: 2 }))
    expect(bringsNews(beliefs, { ...first, at: 2, observations })).toBe(false)
  })

  it('is news when it lists targets, or others, or gives another outcome', () => {
    expect(bringsNews(beliefs, { ...first, observations: [] })).toBe(true)
    expect(bringsNews(beliefs, showing(2, { one: 1, two: 1 }))).toBe(true)
    expect(bringsNews(beliefs, showing(2, { one: 2 }))).toBe(true)
    expect(bringsNews(new Map(), first)).toBe(true)
  })
})
