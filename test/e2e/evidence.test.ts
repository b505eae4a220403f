import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { helmBinary } from '../../scripts/helm.ts'
import type { CheckReport } from '../../src/contract/items.ts'
import { cleanUp, root, run, type Ended } from '../support/cli-process.ts'
import { author, proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'

const password = 'hunter2-and-more'
const chart = join(root, 'test/fixtures/chart-small')

let helm: string
let ground: Ground
let gate: Gate
let values: string

beforeAll(async () => {
  const found = await helmBinary()
  if (found === undefined) throw new Error('there is no helm: node scripts/helm.ts says why')
  helm = found
  ground = await setGround()
  ground.configure((configuration) => {
    configuration['gates'] = { 'source-verification': { enabled: false, reason: 'there is no cluster' } }
  })
  gate = await ground.start()
  values = join(ground.folder, 'values.production.yaml')
  await writeFile(values, `redis:\n  password: ${password}\n`)
})
afterEach(cleanUp)
afterAll(() => ground.end())

function evidence(...args: readonly string[]): Promise<Ended> {
  const { token } = ground.files
  const more = ['--url', gate.url, '--token-file', token, '--actor', 'pipeline-17']
  return run(['evidence', ...args, ...more])
}

function render(...args: readonly string[]): Promise<Ended> {
  return evidence('render', '--helm', helm, '--chart', chart, ...args)
}

/** The digest that would be pushed. */
async function digestWith(...args: readonly string[]): Promise<string> {
  const { stdout } = await render('--values', values, ...args, '--dry-run', '-o', 'json')
  const { evidence: found } = JSON.parse(stdout) as {
    readonly evidence: readonly { readonly digest: string }[]
  }
  return found[0]?.digest ?? 'none'
}

async function check(id: string): Promise<CheckReport> {
  const { gates } = await gate.report()
  const found = gates.flatMap(({ checks }) => checks).find((candidate) => candidate.id === id)
  if (found === undefined) throw new Error(`there is no check ${id}`)
  return found
}

async function expectNoSecret(...texts: readonly string[]): Promise<void> {
  const documents = await Promise.all(['/gates', '/metrics', '/rollouts'].map((path) => gate.get(path)))
  const kept = await readFile(ground.files.state, 'utf8')
  for (const text of [...texts, ...documents.map(({ text: body }) => body), kept, ground.log()])
    expect(text.includes(password.slice(0, 8)) || text.includes(btoa(password).slice(0, 16))).toBe(false)
}

describe('caracal-gate evidence render with a real Helm', () => {
  it('has helm lint and helm template prove the chart with these values, and never says them', async () => {
    const { code, stdout, stderr } = await render('--values', values)
    expect([code, stderr]).toEqual([0, ''])
    const digest = await digestWith()
    expect(stdout).toContain(`pushed helm-render: pass`)
    expect(stdout).toContain(`[${digest}]`)
    const rendered = await check('helm-render')
    expect(rendered.state).toBe('pass')
    expect(rendered.message).toMatch(
      new RegExp(
        `helm lint and helm template passed for ${digest.slice(0, 19)}, says pipeline-17, expires 2.*Z$`,
      ),
    )
    await expectNoSecret(stdout, stderr)
  })

  it('gives one digest for one manifest, whatever the Secrets hold and however the chart is packed', async () => {
    const digest = await digestWith()
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await digestWith('--set', 'redis.password=another-password')).toBe(digest)
    await promisify(execFile)(helm, ['package', chart, '--destination', ground.folder])
    expect(await digestWith('--chart', join(ground.folder, 'small-1.0.0.tgz'))).toBe(digest)
  })

  it.each([
    ['a value', ['--set', 'image=example.test/small:2']],
    ['a value that is text', ['--set-string', 'image=2']],
    ['the release', ['--release', 'other']],
    ['the namespace', ['--namespace', 'other']],
    ['an installation instead of an upgrade', ['--install']],
    ['the version of the cluster', ['--kube-version', '1.33.0']],
    ['the APIs of the cluster', ['--api-versions', 'monitoring.coreos.com/v1']],
  ])('gives another digest for %s', async (_, args) => {
    expect(await digestWith(...args)).not.toBe(await digestWith())
  })

  it('gives another digest for a file that becomes a value', async () => {
    await writeFile(join(ground.folder, 'text'), 'some text\n')
    expect(await digestWith('--set-file', `file=${join(ground.folder, 'text')}`)).not.toBe(await digestWith())
  })

  it('pushes what a template refuses, in the words of Helm and without the value', async () => {
    const short = join(ground.folder, 'short.yaml')
    await writeFile(short, 'redis:\n  password: hunter2\n')
    const { code, stdout, stderr } = await render('--values', short)
    expect(code).toBe(8)
    expect(stdout).toContain('secret.yaml:2:4): redis.password is "***", which is too short')
    const rendered = await check('helm-render')
    expect([rendered.state, rendered.message]).toEqual(['fail', expect.stringContaining('is "***"')])
    expect((await gate.report()).verdict).not.toBe('proceed')
    await expectNoSecret(stdout, stderr)
  })

  it('pushes what helm lint finds', async () => {
    const ended = await render('--set', 'redis=nothing-to-look-into')
    expect([ended.code, ended.stdout]).toEqual([
      8,
      expect.stringContaining('helm lint failed: [ERROR] templates/'),
    ])
    expect(ended.stdout).not.toContain('nothing-to-look-into')
  })

  it('repeats nothing of Helm when values are no YAML, because it may quote them', async () => {
    const broken = join(ground.folder, 'broken.yaml')
    await writeFile(broken, `redis: [${password}`)
    const { code, stdout, stderr } = await render('--values', broken)
    expect([code, stdout]).toEqual([8, expect.stringContaining('withheld')])
    await expectNoSecret(stdout, stderr)
  })
})

describe('a pipeline', () => {
  it('renders, begins, proves the plan for a rollback, and may proceed', async () => {
    expect((await render('--values', values, '--rollout', 'caracal/48')).code).toBe(0)
    const begun = await gate.post('/rollouts', { id: 'caracal/48', phase: 'preflight', ...author })
    expect(begun.status).toBe(201)
    expect((await check('helm-render')).state).toBe('pass')

    const migrations = join(ground.folder, 'migrations')
    await mkdir(migrations)
    const files = { '0001_a.up.sql': 'create table a ();', '0002_b.up.sql': 'alter table a add b text;' }
    for (const [file, sql] of Object.entries(files)) await writeFile(join(migrations, file), sql)
    const args = ['rollback-plan', '--migrations', migrations, '--previous', '0001']
    const other = await evidence(...args, '--rollout', 'caracal/49')
    expect([other.code, other.stdout]).toEqual([
      0,
      expect.stringContaining('it waits for caracal/49, which has not begun'),
    ])
    expect((await evidence(...args, '--rollout', 'caracal/48')).code).toBe(0)
    await gate.until('proceed', proceeds, 20)

    await gate.post('/rollouts/caracal%2F48/finish', { outcome: 'done', ...author })
    const late = await evidence(
      'push',
      'helm-render',
      '--outcome',
      'pass',
      '--message',
      'x',
      '--rollout',
      'caracal/48',
    )
    expect([late.code, late.stderr]).toEqual([5, expect.stringContaining('this rollout has ended')])
  })

  it('is told which checks take evidence', async () => {
    const none = await evidence('push', 'nothing', '--outcome', 'pass', '--message', 'x')
    expect([none.code, none.stderr]).toEqual([
      5,
      expect.stringContaining('helm-render, canary, schema-compatibility'),
    ])
    const measured = await evidence('push', 'ready-sts', '--outcome', 'pass', '--message', 'x')
    expect([measured.code, measured.stderr]).toEqual([5, expect.stringContaining('is measured')])
  })
})
