import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setStage, type Stage } from '../../demo/stage.ts'
import { tour, type Leg } from '../../demo/tour.ts'
import { faults } from '../../rig/platform/faults.ts'

describe('the tour of the demo through every fault', () => {
  let stage: Stage
  let legs: readonly Leg[] = []

  beforeAll(async () => {
    stage = await setStage(() => {})
    legs = await tour(stage, () => {}, new AbortController().signal)
  }, 600_000)
  afterAll(() => stage.stop())

  it.each(faults.map(({ name, stopCondition, gate }) => ({ name, shownBy: stopCondition ?? gate })))(
    '$name is noticed, blamed by $shownBy, cleared and acknowledged',
    ({ name, shownBy }) => {
      const leg = legs.find(({ fault }) => fault === name)
      expect(leg).toMatchObject({ shownBy })
      expect(leg?.problem).toBeUndefined()
      expect(leg?.culprit).not.toBe('')
    },
  )
})
