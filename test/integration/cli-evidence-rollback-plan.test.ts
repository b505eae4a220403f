import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cleanUp, listen, type Ended } from '../support/cli-process.ts'
import { evidence, taking } from '../support/evidence.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caracal-gate-evidence-'))
})
afterEach(async () => {
  await cleanUp()
  await rm(folder, { recursive: true })
})

const sets = {
  previous: { '0001_a.up.sql': 'create table a (b int);', '0001_a.down.sql': 'drop table a;' },
  adding: { '0002_b.up.sql': 'alter table a add column c text;', '0002_b.down.sql': 'x' },
  removing: { '0002_b.up.sql': '-- tidy\nalter table a drop column b;', '0002_b.down.sql': 'x' },
  doubtful: { '0002_b.up.sql': 'do $$ begin end $$;', '0002_b.down.sql': 'x' },
} as const

async function migrations(
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text)
  return path
}

function plan(path: string, ...args: readonly string[]): Promise<Ended> {
  return evidence(['rollback-plan', '--migrations', path, ...args])
}

describe('caracal-gate evidence rollback-plan', () => {
  it('pushes pass when what is applied only adds', async () => {
    const { sent, listener } = taking()
    const { url } = await listen(listener)
    const path = await migrations('m', { ...sets.previous, ...sets.adding })
    const ended = await plan(path, '--previous', '0001_a', '--url', url)
    expect([ended.code, ended.stderr]).toEqual([0, ''])
    expect(sent.map(({ path: to, body }) => [to, body['outcome'], body['message']])).toEqual([
      ['/evidence/schema-compatibility', 'pass', 'what is applied on top of 0001_a only adds: 0002_b'],
    ])
  })

  it('pushes fail and ends with 8 when something is taken away', async () => {
    const { sent, listener } = taking()
    const { url } = await listen(listener)
    const path = await migrations('m', { ...sets.previous, ...sets.removing })
    const ended = await plan(path, '--previous', '1', '--url', url)
    expect([ended.code, ended.stdout.split('\n')[0]]).toEqual([8, '0002_b:2: drops column a.b'])
    expect(sent[0]?.body).toMatchObject({ outcome: 'fail', message: '0002_b, line 2, drops column a.b' })
  })

  it('pushes nothing and ends with 9 when reading is not enough', async () => {
    const { sent, listener } = taking()
    const { url } = await listen(listener)
    const path = await migrations('m', { ...sets.previous, ...sets.doubtful })
    const ended = await plan(path, '--previous', '1', '--url', url)
    expect([ended.code, ended.stdout, sent]).toEqual([9, '', []])
    expect(ended.stderr).toContain('0002_b:1: is a DO block')
    expect(ended.stderr).toContain('nothing was pushed')
  })

  it('takes what is applied from a list, or from the previous migrations', async () => {
    const path = await migrations('m', { ...sets.previous, ...sets.removing })
    const previous = await migrations('p', sets.previous)
    await writeFile(join(folder, 'applied'), '0001_a\n0002_b\n')
    const list = await plan(path, '--applied', join(folder, 'applied'), '--dry-run')
    expect([list.code, list.stdout]).toEqual([
      0,
      expect.stringContaining('no migration is applied on top of 0002_b'),
    ])
    expect((await plan(path, '--previous-migrations', previous, '--dry-run')).code).toBe(8)
  })

  it('notes a missing down migration and goes on, because no rollback applies it', async () => {
    const path = await migrations('m', { ...sets.previous, '0002_b.up.sql': 'create table b ();' })
    const ended = await plan(path, '--previous', '1', '--dry-run', '-o', 'json')
    expect([ended.code, ended.stderr]).toEqual([0, 'note: 0002_b.up.sql has no down migration\n'])
    expect(JSON.parse(ended.stdout)).toMatchObject({ notes: ['0002_b.up.sql has no down migration'] })
  })

  const released = `${'0'.repeat(64)}  0001_a.up.sql\n${'0'.repeat(64)}  0009_x.up.sql\n`
  const latin = Buffer.from("select 'caf\u00e9'", 'latin1')
  it.each<[string, Readonly<Record<string, string | Uint8Array>>, string]>([
    ['a gap', { '0003_c.up.sql': '' }, '0002 is missing before 0003'],
    ['a number twice', { '0001_b.up.sql': '' }, '0001 is the number of two migrations'],
    ['a name that the migrator refuses', { '2_b.up.sql': '' }, '2_b.up.sql is not named NNNN_words.up.sql'],
    ['a down migration alone', { '0002_b.down.sql': '' }, '0002_b.down.sql has no up migration'],
    ['a binary file', { '0002_b.up.sql': latin }, '0002_b.up.sql is no text in UTF-8'],
    ['a file with zero bytes', { '0002_b.up.sql': 'select 1;\0\0' }, 'it holds a zero byte'],
    [
      'a released one that was changed',
      { 'released.sha256': released },
      '0001_a was changed after its release',
    ],
    ['a released one that is gone', { 'released.sha256': released }, '0009_x was released and is missing'],
  ])('concludes nothing from %s', async (_, files, words) => {
    const path = await migrations('m', { ...sets.previous, ...files })
    const { code, stderr } = await plan(path, '--previous', '1', '--dry-run')
    expect([code, stderr]).toEqual([9, expect.stringContaining(words)])
  })

  it('concludes nothing from a file that is none, or that cannot be read', async () => {
    const path = await migrations('m', sets.previous)
    await symlink(join(path, '0001_a.up.sql'), join(path, '0002_b.up.sql'))
    await mkdir(join(path, '0003_c.up.sql'))
    const { code, stderr } = await plan(path, '--previous', '1', '--dry-run')
    expect([code, stderr.match(/is no regular file/g)?.length]).toEqual([9, 2])
  })

  it('concludes nothing when the older migrations are others', async () => {
    const path = await migrations('m', { ...sets.previous, ...sets.adding })
    const previous = await migrations('p', { '0001_a.up.sql': 'create table other ();' })
    const changed = await plan(path, '--previous-migrations', previous, '--dry-run')
    expect([changed.code, changed.stderr]).toEqual([9, expect.stringContaining('0001_a was changed')])
    await writeFile(join(folder, 'applied'), '0001_a\n0007_later\n')
    const later = await plan(path, '--applied', join(folder, 'applied'), '--dry-run')
    expect([later.code, later.stderr]).toEqual([
      9,
      expect.stringContaining('0007_later is applied and not among'),
    ])
  })

  it.each<[string, readonly string[], string]>([
    ['no previous version', [], 'give one of --previous VERSION'],
    ['two previous versions', ['--previous', '1', '--applied', 'x'], 'give one of --previous VERSION'],
    [
      'a version that is not there',
      ['--previous', '0009'],
      'there is no migration "0009"; the newest is 0001_a',
    ],
    ['a list that is not there', ['--applied', '/nowhere'], '--applied: /nowhere cannot be read (ENOENT)'],
    ['a folder that is not there', ['--previous-migrations', '/nowhere'], 'cannot be read (ENOENT)'],
  ])('ends with 2 for %s', async (_, args, words) => {
    const path = await migrations('m', sets.previous)
    const { code, stderr } = await plan(path, ...args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
  })

  it('ends with 2 for a folder without migrations', async () => {
    const { code, stderr } = await plan(folder, '--previous', '1')
    expect([code, stderr]).toEqual([2, expect.stringContaining('holds 0 files NNNN_name.up.sql')])
  })
})
