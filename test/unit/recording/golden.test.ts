import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { newDifferences } from '../../../src/recording/differences.ts'
import type { JudgedBy } from '../../../src/recording/happening.ts'
import { replayed } from './recorded.ts'

const folder = resolve(import.meta.dirname, '../../recordings')
const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl.zst'))

function differencesIn(name: string, otherwise?: (by: JudgedBy) => JudgedBy) {
  const text = zstdDecompressSync(readFileSync(resolve(folder, name))).toString()
  const rounds = replayed(text.trimEnd().split('\n'), otherwise)
  const differences = newDifferences()
  for (const round of rounds) differences.take(round)
  return { rounds, spans: differences.spans() }
}

describe('a recording of a rollout', () => {
  it.each(names)('R196: %s comes to every verdict, firing and latch that was recorded', (name) => {
    const { rounds, spans } = differencesIn(name)
    expect(rounds.length).toBeGreaterThan(2)
    expect(spans).toEqual([])
    expect(rounds.some(({ replayed: { firing } }) => firing.length > 0)).toBe(true)
    for (const { recorded, replayed: own } of rounds) expect(own.since).toBe(recorded?.since)
  })

  it('R196: shows what other limits would have changed, and since when', () => {
    const without = (by: JudgedBy): JudgedBy => ({
      ...by,
      options: { ...by.options, off: new Map([['sts-unready', 'as if it were off']]) },
    })
    const { spans } = differencesIn('sts-unready.jsonl.zst', without)
    const firing = spans.filter(({ what, id }) => what === 'firing' && id === 'sts-unready')
    expect(firing[0]).toMatchObject({ recorded: 'yes', replayed: 'no' })
    const others = spans.filter(({ what, id }) => what === 'firing' && id !== 'sts-unready')
    expect(others).toEqual([])
  })

  it('R196: shows that a longer patience would have held in place of stopping', () => {
    const patient = (by: JudgedBy): JudgedBy => {
      const { limits } = by.options
      const readiness = { ...limits.readiness, lostFor: 60_000 }
      return { ...by, options: { ...by.options, limits: { ...limits, readiness } } }
    }
    const { spans } = differencesIn('platform-sts-killed.jsonl.zst', patient)
    const changed = spans.map(({ what, recorded, replayed: own }) => [what, recorded, own])
    expect(changed).toContainEqual(['firing', 'yes', 'no'])
    expect(changed).toContainEqual(['verdict', 'stop', 'hold'])
  })
})
