import { describe, expect, it } from 'vitest'
import { verified } from '../../../src/cli/verify/verified.ts'
import type { Statement } from '../../../src/contract/exports.ts'
import type { Problem } from '../../../src/contract/problem.ts'
import { exportLimit } from '../../../src/contract/wire.ts'
import type { Exportable, Exports } from '../../../src/http/context.ts'
import { append, type Event } from '../../../src/rollout/ledger.ts'
import {
  doneRollout,
  evidenceFor,
  fileOf,
  newKey,
  playedDaemon,
  podsOfTheApi,
} from '../../support/exported-rollout.ts'
import { smallRules } from '../core/small-rules.ts'
import { start } from './context.ts'
import { open } from './opening.ts'

function statementOf(text: string): Statement {
  const result = verified(Buffer.from(text))
  if (!result.ok) throw new Error(`${result.where} ${result.problem}`)
  return result.statement
}

async function getting(exports: Exports, url: string) {
  const { app } = await open(undefined, smallRules(), { exports: () => exports })
  return app.inject(url)
}

describe('R230: an export of a rollout', () => {
  const daemon = doneRollout()
  const { predicate, subject } = statementOf(fileOf(daemon.exports()))

  it('has its verdicts, with what blocked it', () => {
    expect(predicate.verdicts.map(({ verdict, refs }) => [verdict, refs])).toEqual([
      ['proceed', []],
      ['stop', ['stop-conditions/deep']],
      ['hold', []],
      ['proceed', []],
    ])
    expect(predicate).toMatchObject({
      complete: true,
      lacking: [],
      asOf: null,
      release: { namespace: 'platform' },
    })
  })

  it('has its stops with who acknowledged them, and the ledger from its begin to its end', () => {
    expect(predicate.stops).toMatchObject([
      { stopCondition: 'deep', latch: { acknowledged: { actor: 'ann (ci)' } } },
    ])
    const [chain] = predicate.ledger
    expect([chain?.at(0)?.kind, chain?.at(-1)?.kind]).toEqual(['rollout-begun', 'rollout-finished'])
    expect(predicate.ledger).toHaveLength(1)
  })

  it('names as its subjects the rollout and the images of its new replicas, not of those that leave', () => {
    expect(predicate.images.map(({ image, revision, replicas }) => [image, revision, replicas])).toEqual([
      ['api:1.9', 'target', ['api-7']],
      ['api:1.8', 'other', ['api-3']],
    ])
    expect(subject.map(({ name }) => name)).toEqual(['caracal/47@2026-11-22T20:00:04.000Z', 'api/api'])
    expect(subject[1]?.digest.sha256).toBe('a1'.repeat(32))
  })

  it('has the evidence of this life of it, by digest, and none of others', () => {
    const other = playedDaemon()
    other.begin('r1')
    other.step([evidenceFor('r0', 1, other.at())])
    other.seconds(3)
    expect(statementOf(fileOf(other.exports())).predicate.evidence).toEqual([])
    expect(predicate.evidence).toHaveLength(1)
    expect(predicate.judgedBy).toEqual({ version: '0.1.0', configuration: `sha256:${'c3'.repeat(32)}` })
  })

  it('says that it is under way, and what was not seen', () => {
    const running = playedDaemon()
    running.begin('r1')
    running.seconds(2)
    const { complete, asOf, lacking, rollout } = statementOf(fileOf(running.exports())).predicate
    expect({ complete, lacking, phase: rollout.phase }).toEqual({
      complete: false,
      lacking: ['images'],
      phase: 'preflight',
    })
    expect(asOf).not.toBeNull()
  })

  it('has lines of others between its own, so that its chain has no gap', () => {
    const busy = playedDaemon()
    busy.begin('r1')
    busy.step([podsOfTheApi(busy.at())])
    busy.note('configuration')
    busy.seconds(3)
    busy.finish('r1')
    const { ledger, lacking } = statementOf(fileOf(busy.exports())).predicate
    expect(ledger).toHaveLength(1)
    expect(ledger[0]?.map(({ kind, rollout }) => [kind, rollout])).toContainEqual(['configuration', null])
    expect(lacking).toEqual([])
  })

  it('R271: has what did not count in it, also what was overridden before it', () => {
    const by = { actor: 'bob', reason: 'see CHG-7' }
    const played = playedDaemon()
    played.seconds(1)
    played.override('shallow', 600, by)
    played.begin('r1')
    played.override('deep', 5)
    played.override('shallow', 900, by)
    played.seconds(6)
    played.finish('r1', 'failed')
    played.begin('r2')
    const [next, past] = played.exports().rollouts
    const { notEnforced, lacking } = statementOf(fileOf(played.exports(), past)).predicate
    expect(lacking).not.toContain('notEnforced')
    expect(notEnforced).toMatchObject([
      { subject: 'check/shallow', mode: 'overridden', actor: 'bob', reason: 'see CHG-7', latched: false },
      { subject: 'stop-condition/deep', actor: 'ann (ci)', ended: null },
      { subject: 'check/shallow', ended: null },
    ])
    expect(notEnforced[0]?.ended).toBe(notEnforced[2]?.at)
    expect(statementOf(fileOf(played.exports(), next)).predicate.notEnforced).toEqual([])
  })

  it('of one that an earlier version saw end says what is lacking', () => {
    const { rollouts, release } = daemon.exports()
    const [{ proof: _, ...old }] = rollouts as [Exportable]
    const { predicate: poor } = statementOf(fileOf({ rollouts: [old], release }))
    expect(poor).toMatchObject({
      complete: false,
      lacking: ['verdicts', 'notEnforced', 'images', 'evidence', 'judgedBy'],
    })
    // What the ledger says of the verdict is there.
    expect(poor.verdicts.map(({ verdict }) => verdict)).toEqual(['stop', 'hold', 'proceed'])
  })

  it('of one whose ledger is gone says so', () => {
    const { rollouts, release } = daemon.exports()
    const [{ lines: _, ...one }] = rollouts as [Exportable]
    const { predicate: poor } = statementOf(fileOf({ rollouts: [{ ...one, lines: [] }], release }))
    expect(poor).toMatchObject({ complete: false, lacking: ['ledger'], ledger: [] })
  })

  it('is smaller than a mebibyte whatever was written, and says what it left out', () => {
    const long = (n: number): Event => ({
      at: start + n,
      kind: 'transition',
      subject: `gate/${'é'.repeat(190)}`,
      message: '𝔘'.repeat(150),
      rollout: 'caracal/47',
      actor: '\u2066'.repeat(300),
    })
    const { rollouts, release } = daemon.exports()
    const [one] = rollouts as [Exportable]
    const lines = append(
      [],
      Array.from({ length: 600 }, (_, n) => long(n)),
    )
    const text = fileOf({ rollouts: [{ ...one, lines }], release, signer: newKey().signer })
    expect(text.length).toBeLessThan(exportLimit)
    const { lacking, ledger } = statementOf(text).predicate
    expect(lacking).toContain('ledger')
    expect(ledger[0]?.at(-1)?.sequence).toBe(600)
    expect(ledger.flat().length).toBeGreaterThan(100)
  })
})

describe('R234: several rollouts of one id', () => {
  const daemon = doneRollout()
  const { rollouts, release } = daemon.exports()
  const [first] = rollouts as [Exportable]
  const second = { ...first, rollout: { ...first.rollout, startedAt: first.rollout.startedAt + 60_000 } }
  const exports = { rollouts: [second, first], release }
  const [older, newer] = ['2026-11-22T20:00:04.000Z', '2026-11-22T20:01:04.000Z']

  it.each([
    ['', newer],
    ['?life=1', older],
    ['?life=2', newer],
    [`?life=${older}`, older],
  ])('%j gives the one of %s', async (query, startedAt) => {
    const answer = await getting(exports, `/rollouts/caracal%2F47/export${query}`)
    expect(answer.statusCode).toBe(200)
    const { rollout } = statementOf(answer.body).predicate
    expect(rollout.startedAt).toBe(startedAt)
    expect(rollout.lives.map((life) => life.startedAt)).toEqual([older, newer])
  })

  it.each([
    ['?life=3', `1 (${older}), 2 (${newer})`],
    ['?life=newest', 'which of several rollouts of this id'],
    ['?lives=1', 'only the parameters life'],
  ])('%j is refused, and what is allowed is named', async (query, allowed) => {
    const answer = await getting(exports, `/rollouts/caracal%2F47/export${query}`)
    expect(answer.statusCode).toBe(400)
    expect(answer.json<Problem>().faults?.[0]?.allowed).toContain(allowed)
  })

  it('of an id that there is not are 404, with those that there are', async () => {
    const answer = await getting(exports, '/rollouts/other/export')
    expect(answer.statusCode).toBe(404)
    expect(answer.json<Problem>()).toMatchObject({ allowed: ['caracal/47'] })
  })
})
