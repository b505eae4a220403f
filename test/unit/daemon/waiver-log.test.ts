import { expect, it } from 'vitest'
import type { Rules } from '../../../src/core/snapshot.ts'
import { waiverLog } from '../../../src/daemon/waiver-log.ts'
import { handMadeRules, play, start } from '../http/context.ts'

it('R209: says once what does not count, and once that its shadow is over', () => {
  const told: string[] = []
  const note = (level: string) => (facts: object, message: string) =>
    void told.push(`${level} ${JSON.stringify(facts)} ${message}`)
  let rules: Rules = handMadeRules(new Map(), { shadows: new Map([['readiness', start + 4_000]]) })
  const tell = waiverLog({ warn: note('warn'), info: note('info') } as never, () => rules)
  let snapshot = play(rules, 1)
  for (let second = 0; second < 5; second++) {
    tell(snapshot)
    snapshot = play(rules, 1, snapshot)
  }
  rules = handMadeRules(new Map())
  tell(play(rules, 1, snapshot))
  const until = '2026-11-22T20:00:04.000Z'
  expect(told).toEqual([
    `warn {"item":"gates/readiness","mode":"shadow","until":"${until}"} it does not count for the verdict`,
    `warn {"item":"gates/readiness","until":"${until}"} its shadow has expired: it counts for the verdict again`,
    'info {"item":"gates/readiness"} it counts for the verdict again',
  ])
})
