import { expect, it } from 'vitest'
import { faults } from '../../../bench/faults.ts'
import { rules } from '../../../bench/peers.ts'

it('each rule of Prometheus is for a fault that the daemon is measured with', () => {
  const names = new Set(faults.map(({ name }) => name))
  expect(Object.keys(rules).filter((name) => !names.has(name))).toEqual([])
})
