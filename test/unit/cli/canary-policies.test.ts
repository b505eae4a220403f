import { describe, expect, it } from 'vitest'
import type { Said } from '../../../src/cli/canary/asking.ts'
import { eventsIn } from '../../../src/cli/canary/judging.ts'
import { activePolicyIn, judgePolicy } from '../../../src/cli/canary/policies.ts'

const said = (status: number, body: unknown): Said => ({
  status,
  headers: {},
  ahead: 0,
  body: JSON.stringify(body),
})

/** As the platform's own API 1.0.0 answered, without what is not read. */
const sets = said(200, {
  items: [
    { id: '01a22ddf', name: 'draft', updated_at: '2026-11-30T19:00:00.000Z', active_version_id: null },
    {
      id: '01a22dd7-4de4-77a9-becc-80113c22fdef',
      name: 'main',
      updated_at: '2026-11-30T19:03:34.628Z',
      active_version_id: '01a22dd7-4e10-729e-a68e-52436dfb4aba',
    },
  ],
  next_cursor: null,
})
const later = Date.parse('2026-11-30T19:06:34.628Z')
const by = (policy_set_version_id: string) => {
  const events = eventsIn(
    said(200, [{ event_type: 'token_exchange', decision: 'allow', policy_set_version_id }]),
  )
  return 'outcome' in events ? [] : events
}

describe('the policy that an STS decides by', () => {
  it('R252 is compared with the active one, and may be loading for a while', () => {
    const active = activePolicyIn(sets, later)
    expect(active).toEqual({ version: '01a22dd7-4e10-729e-a68e-52436dfb4aba', age: 180_000 })
    expect(judgePolicy(by('01a22dd7-4e10-729e-a68e-52436dfb4aba'), active)).toBeUndefined()
    expect(judgePolicy(by('01a22ddb-3401-7311-a590-342bf013961e'), active)).toMatchObject({
      outcome: 'fail',
      reason: 'policy_outdated',
    })
    const fresh = activePolicyIn(sets, later - 120_000)
    expect(judgePolicy(by('01a22ddb-3401-7311-a590-342bf013961e'), fresh)).toMatchObject({
      outcome: 'unknown',
      reason: 'policy_loading',
    })
  })

  it('R252 says nothing where there is nothing to compare', () => {
    for (const answer of [
      said(404, { error: 'not_found' }),
      said(200, []),
      said(200, { items: [null, { active_version_id: 'a' }] }),
      said(200, { items: [{ active_version_id: 'a', updated_at: 'soon' }] }),
    ])
      expect(judgePolicy(by('old'), activePolicyIn(answer, later))).toBeUndefined()
    expect(judgePolicy(by(''), activePolicyIn(sets, later))).toBeUndefined()
  })
})
