import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchCopy, type ScratchCopy } from '../support/scratch-copy.ts'

// A probe is one file and one line; a signal that is new is defined where conditions read it. Everything else follows.

const file = `import { read } from '../core/signal.ts'
import { lockWaits } from '../rules/signals.ts'
import type { Declaration } from './declaration.ts'

const pace = { quiet: 3_000, brisk: 100, timeout: 800 }
const about = { name: 'lock-waits', provides: [lockWaits] } as const

export const declaration: Declaration = {
  ...about,
  reads: 'how many sessions wait for a lock',
  asks: 'postgres',
  pace,
  needs: { tables: [{ table: 'lock_waits', columns: ['waits'] }] },
  reasons: { lock_waits_hidden: ['the waits are hidden', 'GRANT {right} TO {role};'] },
  open: () => ({
    ...about,
    targets: () => [{ id: 'postgres', labels: {} }],
    pace: () => pace,
    look: () => Promise.resolve({ readings: [read(lockWaits, {}, 3)] }),
  }),
}
`
const line = `export { declaration as lockWaits } from './lock-waits.ts'\n`
const signal = `
export const lockWaits = gauge('caracal_postgres_lock_waits', 'connections', [], {
  help: 'Sessions that wait for a lock.',
})
`

/** Says what became of the probe: schedules every probe of the list, and waits for what this one delivers. */
const question = `
import { signalFamilies } from './src/contract/families.ts'
import { known } from './src/daemon/known.ts'
import { startLooking } from './src/daemon/looking.ts'
import { openProbes, remedyOf, tablesRead } from './src/probes/index.ts'
import { probeFiles } from './src/probes/reference.ts'

const clock = { now: () => Date.now() }
const discovery = { replicas: () => [] }
const sources = { clock, discovery, streams: [], deadLetterStreams: [], roles: {}, pools: () => ({}) }
const probes = openProbes(sources).probes.filter(({ name }) => name === 'lock-waits')
const delivered = Promise.withResolvers()
const looking = startLooking({
  probes,
  watches: [],
  clock,
  cadence: () => 'brisk',
  deliver: ({ observations }) => observations[0] && delivered.resolve(observations[0].outcome),
  deliverNow: () => {},
  onFault: () => {},
})
const { readings } = await delivered.promise
await looking.stop()
process.stdout.write(JSON.stringify({
  readings,
  configured: known.probes.includes('lock-waits'),
  exported: signalFamilies.has('caracal_postgres_lock_waits'),
  granted: tablesRead.filter(({ probe }) => probe === 'lock-waits'),
  documented: probeFiles()['docs/reference/probes.md'],
  remedy: remedyOf('lock_waits_hidden', { role: '"gate"', right: 'pg_monitor' }),
}))
`

let copy: ScratchCopy
beforeAll(async () => {
  copy = await scratchCopy('new-probe', [])
  await copy.change('src/probes/lock-waits.ts', () => file)
  await copy.change('src/probes/list.ts', (text) => text + line)
  await copy.change('src/rules/signals.ts', (text) => text + signal)
  await copy.change('question.ts', () => question)
})
afterAll(() => copy.remove())

describe('a new probe', () => {
  it('is scheduled, configured, exported, documented and granted for by one file and one line', async () => {
    const { stdout } = await copy.run(['question.ts'])
    const said = JSON.parse(stdout) as Record<string, unknown>
    expect(said).toMatchObject({
      readings: [{ signal: 'caracal_postgres_lock_waits', value: 3 }],
      configured: true,
      exported: true,
      granted: [{ table: 'lock_waits', columns: ['waits'] }],
      remedy: ['GRANT pg_monitor TO "gate";'],
    })
    for (const text of ['## lock-waits', 'how many sessions wait for a lock', '`lock_waits_hidden`'])
      expect(said['documented']).toContain(text)
  })

  it('touches nothing else', async () => {
    const { 'src/probes/list.ts': lines, ...files } = await copy.added()
    expect(lines).toEqual([line.trimEnd()])
    expect(Object.keys(files).toSorted()).toEqual(['src/probes/lock-waits.ts', 'src/rules/signals.ts'])
  })
})
