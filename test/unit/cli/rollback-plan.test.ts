import { describe, expect, it } from 'vitest'
import { differences, type Migration, type MigrationSet } from '../../../src/cli/migration-set.ts'
import { planOf } from '../../../src/cli/rollback-plan.ts'

function migration(version: string, sql: string, hash = sql): Migration {
  return { version, sql, hash }
}

function setOf(...migrations: readonly Migration[]): MigrationSet {
  return { folder: 'm', migrations, faults: [], notes: [] }
}

describe('the plan for a rollback', () => {
  it('is compatible when nothing is applied on top of the previous version', async () => {
    expect(await planOf([], '0003_c')).toMatchObject({
      compatible: true,
      message: 'no migration is applied on top of 0003_c',
      pending: [],
    })
  })

  it('is compatible when what is applied only adds', async () => {
    const pending = [
      migration('0004_d', 'create table d (id int)'),
      migration('0005_e', 'alter table d drop column id'),
    ]
    expect(await planOf(pending, '0003_c')).toMatchObject({
      compatible: true,
      message: 'what is applied on top of 0003_c only adds: 0004_d, 0005_e',
    })
  })

  it('is not when something is taken away, and says where', async () => {
    const pending = [
      migration('0004_d', 'create table d ();'),
      migration('0005_e', '\n\nalter table a drop column b;\ndo $$ $$;\ndrop table c;'),
    ]
    const { compatible, message, breaking, unclear } = await planOf(pending, '0003_c')
    expect([compatible, message]).toEqual([false, '0005_e, line 3, drops column a.b (and 1 more)'])
    expect(breaking.map(({ line }) => line)).toEqual([3, 5])
    expect(unclear.map(({ line }) => line)).toEqual([4])
  })

  it('is unclear when something in it is, and nothing breaks', async () => {
    const { compatible, message } = await planOf(
      [migration('0004_d', 'create table d ();\ndo $$ $$')],
      '0003_c',
    )
    expect([compatible, message]).toEqual([
      'unclear',
      '0004_d, line 2, is a DO block, whose code decides what it does',
    ])
  })

  it.each([
    ['-- caracal:phase contract\nselect 1', false, 'is tagged as contract phase'],
    ['select 1;\n  --caracal:phase   contract', false, 'is tagged as contract phase'],
    ['-- caracal:phase expand\nselect 1', true, 'only adds'],
    ['-- caracal:phase contarct\nselect 1', 'unclear', 'is tagged as a phase that is not known: contarct'],
    ["select '-- caracal:phase contract'", true, 'only adds'],
    ['/* \n-- caracal:phase contract */ select 1', true, 'only adds'],
    ["select 1;\n'", 'unclear', "line 2, can't be read: unterminated quoted string"],
  ])('reads the tag in %j', async (sql, compatible, message) => {
    const plan = await planOf([migration('0004_d', sql)], '0003_c')
    expect(plan.compatible).toBe(compatible)
    expect(plan.message).toContain(message)
  })

  it('shows nothing of a migration that acts on a terminal', async () => {
    const { message } = await planOf([migration('0004_d', 'drop table "a\u001b[31m"')], '0003_c')
    expect(message).not.toContain('\u001b')
  })
})

describe('the previous migrations', () => {
  const [a, b, c] = [migration('0001_a', 'a'), migration('0002_b', 'b'), migration('0003_c', 'c')]

  it('are the beginning of the next', () => {
    expect(differences(setOf(a, b), setOf(a, b, c))).toEqual([])
  })

  it.each([
    ['changed', setOf(a, migration('0002_b', 'x')), '0002_b was changed since the previous version'],
    ['renamed', setOf(a, migration('0002_x', 'b')), '0002_b was renamed to 0002_x'],
    ['missing', setOf(a), '0002_b is missing'],
  ])('are not when one was %s', (_, next, message) => {
    expect(differences(setOf(a, b), next)).toEqual([message])
  })
})
