import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'
import type { Exportable, Exports } from '../../src/http/context.ts'
import { problem, rollout, tell } from '../support/cli-answers.ts'
import { cleanUp, runHere } from '../support/cli-process.ts'
import { doneRollout, newKey } from '../support/exported-rollout.ts'
import { smallRules } from '../unit/core/small-rules.ts'
import { open } from '../unit/http/opening.ts'

afterEach(cleanUp)

describe('caracal-gate rollouts', () => {
  const latch = {
    at: '2026-11-22T20:06:00.000Z',
    message: '3 dead rows',
    preexisting: false,
    acknowledged: null,
  }
  const line = {
    sequence: 1,
    at: '2026-11-22T20:05:00.000Z',
    kind: 'rollout-begun',
    subject: 'caracal/48',
    message: 'release',
    actor: 'ann (ci)',
    reason: null,
    hash: '00',
  }

  it('lists them, and tells the story of one', async () => {
    const list = await tell(
      ['rollouts'],
      [200, { rollouts: [rollout('caracal/48', 'rolling'), rollout('r', 'done')] }],
    )
    expect([list.code, list.stdout]).toEqual([
      0,
      'caracal/48  rolling since 20:05:00Z, declared by ann (ci)\nr           done since 20:05:00Z, declared by ann (ci)\n',
    ])
    const stops = [{ stopCondition: 'outbox-dead-messages', latch }]
    const one = { ...rollout('caracal/48', 'rolling'), stops, ledger: [line] }
    const { code, stdout, told } = await tell(['rollouts', 'caracal/48'], [200, one])
    expect([code, told[0]?.path]).toEqual([0, '/rollouts/caracal%2F48'])
    expect(stdout).toContain(
      '  outbox-dead-messages latched at 2026-11-22T20:06:00Z: 3 dead rows\n    not acknowledged\n',
    )
    expect(stdout).toContain('  2026-11-22T20:05:00Z  rollout-begun caracal/48 by ann (ci): release\n')
  })

  it('says with 11 that there is no such rollout', async () => {
    const none = await tell(['rollouts', 'x'], [404, problem('no-such-rollout', 'There is no rollout "x".')])
    expect([none.code, none.stdout]).toEqual([11, ''])
    expect(none.stderr).toContain('there is no rollout "x"; caracal-gate rollouts lists them')
    const known = { ...problem('no-such-rollout', 'none'), allowed: ['caracal/47', 'acme/3'] }
    const misspelt = await tell(['rollouts', 'carcal/47'], [404, known])
    expect([misspelt.code, misspelt.stderr]).toEqual([11, expect.stringContaining('mean caracal/47?')])
  })
})

describe('caracal-gate rollouts export, and verify', () => {
  const daemon = doneRollout()
  const key = newKey()
  let folder = ''
  beforeAll(async () => {
    folder = await temporaryFolder('proof')
    await Promise.all([
      writeFile(join(folder, 'gate.pub'), key.publicKey),
      writeFile(join(folder, 'gate.key'), key.privateKey),
      writeFile(join(folder, 'other.pub'), newKey().publicKey),
    ])
  })
  afterAll(() => removeFolder(folder))
  const at = (name: string) => join(folder, name)

  /** Exports from our own interface, over a daemon that was played. */
  async function exporting(exports: Exports, ...args: readonly string[]) {
    const { app } = await open(undefined, smallRules(), { exports: () => exports })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    return runHere(['rollouts', 'export', ...args, '--url', url])
  }

  it('R233: write a file that its key proves, and another key does not', async () => {
    const out = at('rollout.json')
    const exported = await exporting(daemon.exports(key.signer), 'caracal/47', '--out', out)
    expect(exported).toEqual({
      code: 0,
      stdout: '',
      stderr: `exported rollout caracal/47 of 2026-11-22T20:00:04.000Z, signed by ${key.names.keyid}\n`,
    })
    const proven = await runHere(['verify', out, '--key', at('gate.pub')])
    expect([proven.code, proven.stderr]).toEqual([0, ''])
    expect(proven.stdout).toContain(
      `proven: unchanged, and signed by ${key.names.keyid}\nrollout caracal/47 of`,
    )
    expect(proven.stdout).toContain(
      'stop deep latched at 2026-11-22T20:00:10.000Z, acknowledged by ann (ci)\n',
    )
    expect((await runHere(['verify', out])).code).toBe(14)
    const other = await runHere(['verify', out, '--key', at('other.pub')])
    expect([other.code, other.stdout]).toEqual([13, ''])
    expect(other.stderr).toContain(`not verified: ${out}: signatures.0.keyid is ${key.names.keyid}; the key`)
    const found = await runHere(['verify', out, '--key', at('gate.pub'), '-o', 'json'])
    expect(JSON.parse(found.stdout)).toMatchObject({
      result: 'proven',
      rollout: { id: 'caracal/47', phase: 'done' },
      complete: true,
      verdict: 'proceed',
    })
  })

  it('R233: without a key of the exporter say that it is not signed', async () => {
    const exported = await exporting(daemon.exports(), 'caracal/47')
    expect(exported.stderr).toContain('of 2026-11-22T20:00:04.000Z, not signed\n')
    await writeFile(at('bare.json'), exported.stdout)
    const bare = await runHere(['verify', at('bare.json')])
    expect([bare.code, bare.stdout.split('\n')[0]]).toEqual([
      14,
      'not proven: unchanged, but not signed, so that anyone may have written it',
    ])
    await writeFile(at('changed.json'), exported.stdout.replace('"proceed"', '"hold"'))
    const changed = await runHere(['verify', at('changed.json'), '-o', 'json'])
    expect([changed.code, JSON.parse(changed.stdout)]).toEqual([
      13,
      { result: 'not-verified', where: 'predicate.integrity', problem: 'is not the digest of the statement' },
    ])
  })

  it('name the rollouts of one id, and say with 11 that there is none', async () => {
    const { rollouts, release } = daemon.exports()
    const [one] = rollouts as [Exportable]
    const later = { ...one, rollout: { ...one.rollout, startedAt: one.rollout.startedAt + 60_000 } }
    const exported = await exporting({ rollouts: [later, one], release }, 'caracal/47')
    expect(exported.stderr).toContain(
      '2 rollouts of this id are remembered, and this is 2; --life takes 1 (2026-11-22T20:00:04.000Z), 2 (',
    )
    const none = await exporting({ rollouts, release }, 'caracal/74')
    expect([none.code, none.stdout]).toEqual([11, ''])
    expect(none.stderr).toContain('there is no rollout "caracal/74"; did you mean caracal/47?')
    const wrong = await exporting({ rollouts, release }, 'caracal/47', '--life', '3')
    expect([wrong.code, wrong.stderr]).toEqual([
      5,
      expect.stringContaining('allowed: 1 (2026-11-22T20:00:04'),
    ])
  })

  it.each([
    [['verify'], 'missing FILE'],
    [['verify', 'nowhere.json'], 'FILE is "nowhere.json", which does not exist'],
    [['verify', '/dev/zero'], 'FILE is "/dev/zero", which is larger than 1 MiB'],
    [
      ['verify', 'package.json', '--key', 'gate.key'],
      'which holds a private key; allowed: a PEM file with an ed25519 public',
    ],
    [['verify', 'package.json', '--key', 'package.json'], 'which holds no ed25519 key'],
    [['rollouts', 'export'], 'missing ID'],
  ])('%j is a wrong use', async (args, message) => {
    const given = args.map((word) => (word === 'gate.key' ? at(word) : word))
    const { code, stderr } = await runHere(given)
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  it('do not write where nothing can be written', async () => {
    const exported = await exporting(daemon.exports(), 'caracal/47', '--out', at('nowhere/rollout.json'))
    expect([exported.code, exported.stderr]).toEqual([
      2,
      expect.stringContaining('which cannot be written (ENOENT)'),
    ])
  })
})
