import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openListeners } from '../../../src/kubernetes/cluster.ts'

describe('those who listen to a cluster', () => {
  it('are told once of all that changed in one turn', async () => {
    const listeners = openListeners(() => {})
    let told = 0
    const unsubscribe = listeners.subscribe(() => (told += 1))
    for (let change = 0; change < 3; change++) listeners.changed()
    await turn()
    expect(told).toBe(1)
    listeners.changed()
    await turn()
    expect(told).toBe(2)
    unsubscribe()
    listeners.changed()
    await turn()
    expect(told).toBe(2)
  })

  it('are told although one of them throws each time, and that is said', async () => {
    const faults: unknown[] = []
    const listeners = openListeners((fault) => faults.push(fault))
    const told: string[] = []
    const fault = new Error('not understood')
    listeners.subscribe(() => told.push('first'))
    listeners.subscribe(() => {
      throw fault
    })
    listeners.subscribe(() => told.push('last'))
    for (const expected of [
      ['first', 'last'],
      ['first', 'last', 'first', 'last'],
    ]) {
      listeners.changed()
      await turn()
      expect(told).toEqual(expected)
    }
    expect(faults).toEqual([fault, fault])
  })

  it('are not told any more once somebody told before has ended them', async () => {
    const listeners = openListeners(() => {})
    const told: string[] = []
    let end: () => void = () => {}
    listeners.subscribe(() => end())
    end = listeners.subscribe(() => told.push('ended'))
    listeners.changed()
    await turn()
    expect(told).toEqual([])
  })
})
