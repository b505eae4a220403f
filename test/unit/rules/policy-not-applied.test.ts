import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { platformStreams } from '../../../src/rules/platform.ts'
import * as signals from '../../../src/rules/signals.ts'
import { groupsKeepUp } from '../../../src/rules/streams.ts'
import { changed, faultsIn, findingsIn, remembering } from './judging.ts'
import { healthyWorld } from './platform-world.ts'
import { withValue } from './world-changes.ts'

const healthy = healthyWorld()
const other = groupsKeepUp(platformStreams, defaultLimits.streams, 'other')
const sts = { stream: 'caracal.sessions.revoke', group: 'sts-revocation' }

describe('X06: R130: a message that STS could not apply', () => {
  const opa = { stream: 'caracal.policy.invalidate', group: 'opa-engine' }
  const opaKey = 'caracal.policy.invalidate/opa-engine'
  const before = remembering({ [`caracal_stream_group_pending_entries{${opaKey}}`]: 3 })
  const subject = `${opaKey}/pending`
  const pending = (entries: number, age: number) =>
    withValue(withValue(healthy, signals.groupPending, opa, entries), signals.groupOldestPendingAge, opa, age)

  it('T54: is found where more is pending than before, for no counter of STS tells of it', () => {
    expect(faultsIn(other, pending(4, 11), before)).toEqual([`${subject} unmet policy_not_applied`])
  })

  it.each([
    ['what was pending before', 3, 100_000],
    ['less than before', 1, 100_000],
    ['what may be under way', 4, 10],
  ])('is not %s', (_, entries, age) => {
    expect(faultsIn(other, pending(entries, age), before)).toEqual([])
  })

  it('R83: shows no limit beside what may be under way, which is above it', () => {
    const finding = findingsIn(other, pending(4, 10), before).find(({ key }) => key === subject)
    expect(finding).toMatchObject({ answer: 'met', tally: { value: 4 } })
    expect(finding).not.toHaveProperty('threshold')
  })

  it('counts from what is seen first, and cannot be told where Redis cannot be seen', () => {
    expect(findingsIn(other, pending(7, 100_000)).find(({ key }) => key === subject)?.tally).toMatchObject({
      value: 7,
      baseline: 7,
    })
    const blind = changed(healthy, [signals.groupPending, opa, 'blind'])
    expect(faultsIn(other, blind, before)).toEqual([`${subject} unknown cannot_tell`])
  })

  it.each([sts, { stream: 'caracal.keys.invalidate', group: 'sts-keys' }])(
    'T24: is not looked for in $group, where failures are ordinary',
    (labels) => {
      const key = `caracal_stream_group_pending_entries{${labels.stream}/${labels.group}}`
      const world = withValue(healthy, signals.groupPending, labels, 9)
      expect(faultsIn(other, world, remembering({ [key]: 0 }))).toEqual([])
    },
  )
})
