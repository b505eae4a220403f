import assert from 'node:assert/strict'
import type { Scenario } from '../scenarios.ts'

export const helmTest: Scenario = {
  name: 'helm-test',
  shows: '`helm test` passes: its pod finds the Service by name, and behind it a replica that judges',
  async run(stage) {
    const said = await stage.helm(['test', 'gate', '--namespace', 'gate', '--timeout', '120s'])
    assert.match(said, /Phase:\s+Succeeded/)
  },
}
