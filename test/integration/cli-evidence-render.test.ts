import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cleanUp, listen, start, type Ended } from '../support/cli-process.ts'
import { env, evidence, taking } from '../support/evidence.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caracal-gate-evidence-'))
})
afterEach(async () => {
  await cleanUp()
  await rm(folder, { recursive: true })
})

async function helmThat(script: string): Promise<string> {
  const path = join(folder, 'helm')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

function render(helm: string, ...args: readonly string[]): Promise<Ended> {
  return evidence(['render', '--helm', helm, '--chart', 'test/fixtures/chart-small', ...args])
}

describe('caracal-gate evidence render, when helm is of no use', () => {
  it.each([
    ['hangs', 'exec sleep 60', 'did not end within 1 s'],
    ['prints without end', 'exec yes kind: x', 'said more than 4 MiB'],
    ['is killed', 'kill -9 $$', 'was ended by SIGKILL'],
    ['is too old', 'echo "Error: unknown flag: --is-upgrade" >&2; exit 1', 'Helm 3 or 4 is needed'],
    ['renders nothing', 'exit 0', 'rendered no object at all'],
    ['renders what is no manifest', 'echo "a: ["', 'is not YAML'],
    ['renders more than there can be', 'head -c 3000000 /dev/zero | tr "\\0" "#"', 'larger than 2 MiB'],
  ])('pushes nothing and ends with 9 when it %s', async (_, script, words) => {
    const { sent, listener } = taking()
    const { url } = await listen(listener)
    const { code, stderr } = await render(await helmThat(script), '--timeout', '1s', '--url', url)
    expect([code, stderr, sent]).toEqual([9, expect.stringContaining(words), []])
  })

  it('pushes nothing and says where to get it when there is none', async () => {
    const { code, stderr } = await render(join(folder, 'nothing'), '--dry-run')
    expect([code, stderr]).toEqual([
      9,
      expect.stringContaining('was not found: install Helm (https://helm.sh/'),
    ])
    const found = await evidence(['render', '--chart', 'test/fixtures/chart-small', '--dry-run'], {
      PATH: folder,
    })
    expect([found.code, found.stderr]).toEqual([9, expect.stringContaining('helm was not found')])
    await writeFile(join(folder, 'text'), 'no program')
    expect((await render(join(folder, 'text'), '--dry-run')).stderr).toContain('cannot be run (EACCES)')
  })

  it('ends by a signal and takes helm with it', async () => {
    const helm = await helmThat('echo $$ > "$0.pid"; exec sleep 60')
    const running = start(
      ['evidence', 'render', '--helm', helm, '--chart', 'test/fixtures/chart-small', '--dry-run'],
      env,
    )
    let pid = 0
    while (pid === 0) pid = Number(await readFile(`${helm}.pid`, 'utf8').catch(() => '0'))
    running.send('SIGINT')
    expect((await running.ended).code).toBe(130)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('hands arguments on as they are, without a shell, and no token of ours', async () => {
    const helm = await helmThat('for a; do printf "[%s]" "$a"; done >> "$0.log"; env >> "$0.log"; exit 1')
    const values = join(folder, 'a b; touch x.yaml')
    await writeFile(values, 'a: b')
    const args = [
      '-f',
      values,
      '--set',
      'a=$(touch y)',
      '--set-string',
      'b=1',
      '--kube-version',
      '1.35',
      '--strict',
    ]
    await render(helm, ...args, '--dry-run')
    const log = await readFile(`${helm}.log`, 'utf8')
    expect(log).toContain(
      `[--strict][--namespace][caracal][--values][${values}][--set][a=$(touch y)][--set-string][b=1][--kube-version][1.35]`,
    )
    expect(log).not.toContain('secret-token')
  })

  it.each<[string, readonly string[], string]>([
    ['a chart that is not there', ['--chart', '/nowhere'], '--chart: there is nothing at /nowhere'],
    ['a folder that is no chart', ['--chart', 'test'], 'it has no Chart.yaml'],
    ['values that are not there', ['--values', '/nowhere'], '--values: /nowhere cannot be read (ENOENT)'],
    ['values that are a folder', ['--values', 'test'], 'is not a file'],
    ['an assignment that is none', ['--set', 'hunter2'], '--set is no assignment'],
    ['a release that is none', ['--release', 'A_b'], '--release is "A_b"; allowed'],
    ['a version that is none', ['--kube-version', 'new'], '--kube-version is "new"; allowed'],
  ])('ends with 2 for %s', async (_, args, words) => {
    const { code, stderr } = await render('helm', ...args, '--dry-run')
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
    expect(stderr).not.toContain('hunter2')
  })
})
