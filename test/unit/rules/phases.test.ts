import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { askedPhases } from '../../../src/core/rollout.ts'
import { notAskedIn } from '../../../src/rules/phases.ts'
import { platformRules } from './platform-world.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/use/rollouts.md'), 'utf8')

describe('the table of phases', () => {
  it('X03: R117: leaves out only checks that there are, and no stop condition', () => {
    const ids = platformRules().gates.flatMap(({ checks }) => checks.map(({ id }) => id))
    for (const left of Object.values(notAskedIn)) expect(ids).toEqual(expect.arrayContaining([...left]))
  })

  it.each(askedPhases)('X03: is in docs/use/rollouts.md as it is, %s too', (phase) => {
    const [, row = ''] = new RegExp(`^\\| \`--phase ${phase}\` +\\|[^|]*\\|([^|]*)\\|`, 'm').exec(page) ?? []
    const named = [...row.matchAll(/\[([a-z-]+)\]/g)].map(([, id]) => id)
    expect(new Set(named)).toEqual(new Set(notAskedIn[phase]))
  })
})
