import { expect, it } from 'vitest'
import type { z } from 'zod'
import * as core from '../../../src/core/gate.ts'
import { unknownReasons } from '../../../src/core/observation.ts'
import { phases } from '../../../src/core/rollout.ts'
import { stopStates } from '../../../src/core/stop.ts'
import { verdicts } from '../../../src/core/verdict.ts'
import * as contract from '../../../src/contract/document.ts'
import type * as schema from '../../../src/http/schema.ts'

type Agree<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never

it('has types that are what its schemas say, and schemas that are what its types say', () => {
  // Holds by compiling: a difference in either direction makes an element `never`.
  const agreements: readonly [
    Agree<z.infer<typeof schema.gateReport>, contract.GateReport>,
    Agree<z.infer<typeof schema.envelopeDocument>, contract.EnvelopeDocument>,
    Agree<z.infer<typeof schema.gateDocument>, contract.GateDocument>,
    Agree<z.infer<typeof schema.stopConditionDocument>, contract.StopConditionDocument>,
    Agree<z.infer<typeof schema.stopConditionList>, contract.StopConditionList>,
    Agree<z.infer<typeof schema.trends>, contract.Trends>,
    Agree<z.infer<typeof schema.problem>, contract.Problem>,
  ] = [true, true, true, true, true, true, true]
  expect(agreements).toHaveLength(7)
})

it('knows every state that the core can come to', () => {
  expect([...contract.verdicts].toSorted()).toEqual([...verdicts].toSorted())
  expect([...contract.checkStates].toSorted()).toEqual([...core.checkStates].toSorted())
  expect([...contract.stopStates].toSorted()).toEqual([...stopStates].toSorted())
  expect([...contract.phases].toSorted()).toEqual([...phases].toSorted())
  expect([...contract.unknownReasons].toSorted()).toEqual([...unknownReasons].toSorted())
})
