import { describe, expect, it } from 'vitest'
import type { Answer, Finding } from '../../../src/core/finding.ts'
import type { CheckState, CheckStatus } from '../../../src/core/gate.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { rollbackOf } from '../../../src/rollout/rollback.ts'
import { rules } from './upgrading.ts'

function status(id: string, state: CheckState, answer: Answer): CheckStatus {
  const finding: Finding = { key: id, answer, reason: `${id}-${answer}`, message: `${id} is ${answer}` }
  return { id, state, since: 0, findings: [finding], streaks: new Map() }
}

function rollback(...statuses: readonly CheckStatus[]) {
  const checks = new Map(statuses.map((one) => [one.id, one]))
  return rollbackOf({ ...initialSnapshot(0, rules), checks })
}

const kept = status('previous-revision', 'pass', 'met')
const compatible = status('schema-compatibility', 'pass', 'met')

describe('R55: a rollback', () => {
  it('is viable when there is a version to go back to that runs on the schema', () => {
    expect(rollback(kept, compatible)).toEqual({
      viable: 'yes',
      reason: 'ok',
      message: 'previous-revision is met; schema-compatibility is met',
      because: 'previous-revision is met; schema-compatibility is met',
      advice: 'rollback',
    })
  })

  it('is not of a first installation, although its plan is complete', () => {
    const finding: Finding = {
      key: 'it',
      answer: 'met',
      reason: 'first_installation',
      message: 'there is nothing',
    }
    const first = { ...kept, findings: [finding] }
    expect(rollback(first, { ...first, id: 'schema-compatibility' })).toEqual({
      viable: 'no',
      reason: 'first_installation',
      message: 'not possible (previous-revision): there is nothing',
      because: 'previous-revision: there is nothing',
      advice: 'roll_forward',
    })
  })

  it.each<[string, CheckStatus, CheckStatus, 'no' | 'unknown', string]>([
    [
      'nothing is kept',
      status('previous-revision', 'fail', 'unmet'),
      compatible,
      'no',
      'previous-revision-unmet',
    ],
    [
      'the schema is another',
      kept,
      status('schema-compatibility', 'fail', 'unmet'),
      'no',
      'schema-compatibility-unmet',
    ],
    [
      'a refusal still waits for its hold',
      kept,
      status('schema-compatibility', 'pending', 'unmet'),
      'no',
      'schema-compatibility-unmet',
    ],
    [
      'one thing is refuted and the other unknown',
      status('previous-revision', 'unknown', 'unknown'),
      status('schema-compatibility', 'fail', 'unmet'),
      'no',
      'schema-compatibility-unmet',
    ],
    [
      'the schema is uncertain',
      kept,
      status('schema-compatibility', 'unknown', 'unknown'),
      'unknown',
      'schema-compatibility-unknown',
    ],
    [
      'a check is switched off',
      status('previous-revision', 'skipped', 'unknown'),
      compatible,
      'unknown',
      'previous-revision-unknown',
    ],
  ])('is advised against where %s', (_, previous, schema, viable, reason) => {
    expect(rollback(previous, schema)).toMatchObject({ viable, reason, advice: 'roll_forward' })
  })

  it('is not spoken of before anything was judged', () => {
    expect(rollback()).toMatchObject({ viable: 'unknown', reason: 'never_measured', advice: 'none' })
    expect(rollback(kept)).toMatchObject({ viable: 'unknown', advice: 'none' })
  })
})
