import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Memory } from '../../src/rollout/memory.ts'
import { author, setGround, stopIn, type Ground } from '../support/daemon.ts'
import { hashOfLine } from '../support/ledger-lines.ts'

// A daemon that takes over, in mid-rollout, what an earlier version has written.

let ground: Ground | undefined
afterEach(() => ground?.end())

interface Written {
  readonly generation?: number
  readonly digest?: string
  readonly memory: Memory & { readonly marks: Readonly<Record<string, number>> }
}

/** A line as `GET /rollouts/{id}` publishes it. */
interface Line {
  readonly [field: string]: unknown
  readonly sequence: number
  readonly previous: string
  readonly hash: string
}

it.each([
  { fixture: 'state-0.1.0.json', latched: 'audit-dlq-growing', acknowledged: [], evidence: 0 },
  {
    fixture: 'state-version-2.json',
    latched: 'audit-dlq-growing',
    acknowledged: ['outbox-dead-messages'],
    evidence: 1,
  },
])(
  'R92: $fixture: its rollout goes on with latches, acknowledgements, baselines, evidence and a ledger that can be verified',
  async ({ fixture, latched, acknowledged, evidence }) => {
    ground = await setGround()
    const { state } = ground.files
    const text = await readFile(join(import.meta.dirname, '../fixtures', fixture), 'utf8')
    const { generation, digest, memory: before } = JSON.parse(text) as Written
    await mkdir(dirname(state), { recursive: true })
    await writeFile(state, text)
    if (generation !== undefined) await writeFile(`${state}.head`, JSON.stringify({ generation, digest }))

    const gate = await ground.start()
    const report = await gate.until(
      'it has judged',
      ({ gates }) => gates.every((one) => one.state !== 'unknown'),
      60,
    )

    expect(report.rollout).toMatchObject({ id: 'r2', phase: 'preflight' })
    expect(report.verdict).toBe('stop')
    const { latch } = stopIn(report, latched)
    expect(latch).toMatchObject({ reason: before.latches[latched]?.reason, acknowledged: null })
    for (const id of acknowledged) expect(stopIn(report, id).latch?.acknowledged).not.toBeNull()

    expect((await gate.post('/acknowledgements', { stopCondition: latched, ...author })).status).toBe(200)
    const { ledger } = (await gate.get('/rollouts/r2')).json<{ ledger: readonly Line[] }>()
    expect(ledger.map(hashOfLine)).toEqual(ledger.map(({ hash }) => hash))
    const chained = ledger.toSorted((a, b) => a.sequence - b.sequence)
    for (const [n, line] of chained.entries()) {
      const next = chained[n + 1]
      if (next?.sequence === line.sequence + 1) expect(next.previous).toBe(line.hash)
    }
    expect(chained.map(({ hash }) => hash)).toEqual(
      expect.arrayContaining(before.ledger.filter(({ rollout }) => rollout === 'r2').map(({ hash }) => hash)),
    )

    await gate.stop()
    const after = JSON.parse(await readFile(state, 'utf8')) as { version: number; memory: Memory }
    expect(after.version).toBe(4)
    expect(after.memory.evidence).toHaveLength(evidence)
    expect(after.memory.ledger[0]?.hash).toBe(before.ledger[0]?.hash)
    const counted = 'caracal_outbox_messages{api/dead}'
    expect(after.memory.baselines[counted]).toBe(before.marks[counted])
  },
)
