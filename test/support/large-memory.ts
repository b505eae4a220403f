import { randomBytes } from 'node:crypto'
import { append, type Event } from '../../src/rollout/ledger.ts'
import { nothingRemembered, type Memory, type PastRollout } from '../../src/rollout/memory.ts'

/** A memory of twenty past rollouts and one under way, of lines that are hard to pack: some 100 kB of gzip. */
export function largeMemory(lines = 300, linesOfPast = 60): Memory {
  const history = Array.from({ length: 20 }, (_, n): PastRollout => {
    const id = `r${n}`
    const rollout = { id, phase: 'done', startedAt: n, finishedAt: n + 1, detectedBy: 'declared' } as const
    return { rollout, stops: {}, ledger: ledgerOf(id, linesOfPast) }
  })
  const images = { api: 'ghcr.io/acme/api:1.9.1' }
  const expected = [{ images, digests: { api: [`sha256:${'a'.repeat(64)}`] }, revision: '48', chart: 'c-1' }]
  const rollout = {
    id: 'now',
    phase: 'rolling',
    startedAt: 100,
    detectedBy: 'declared',
    images,
    expected,
  } as const
  return { ...nothingRemembered, rollout, history, ledger: ledgerOf('now', lines) }
}

function ledgerOf(rollout: string, lines: number) {
  const events = Array.from({ length: lines }, (_, n): Event => {
    const message = randomBytes(12).toString('hex')
    return { at: n, kind: 'transition', subject: 'verdict', message, rollout }
  })
  return append([], events)
}
