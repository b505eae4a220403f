import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { always, cleanUp, exporter, listen, root, runHere } from '../support/cli-process.ts'
import { held } from '../unit/cli/reports.ts'

let folder: string

/** A folder with the program, as a shell would find it, and something to complete. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caracal-gate-completion-'))
  const program = join(folder, 'caracal-gate')
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'src/main.ts')}' "$@"\n`)
  await chmod(program, 0o755)
  await writeFile(join(folder, 'values.production.yaml'), '')
})
afterEach(cleanUp)
afterAll(() => rm(folder, { recursive: true }))

/** What bash offers when TAB is pressed at the end of the line: its own way of finding and calling the function. */
async function completed(
  line: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const script = `
    source <(caracal-gate completion bash)
    COMP_LINE=$1 COMP_POINT=\${#1}
    read -ra words <<< "$1"
    [[ $1 == *' ' ]] && words+=('')
    COMP_WORDS=()
    for word in "\${words[@]}"; do
      # As bash does: an equals sign is a word of its own.
      if [[ $word == --*=* ]]; then COMP_WORDS+=("\${word%%=*}" '=' "\${word#*=}"); else COMP_WORDS+=("$word"); fi
    done
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    registered=$(complete -p caracal-gate)
    function=\${registered#*-F }
    "\${function%% *}"
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', script, 'bash', line], {
    cwd: folder,
    env: { PATH: `${folder}:/usr/bin:/bin`, ...env },
  })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((word) => word !== '')
}

describe('completion in bash', () => {
  it('offers commands, and the commands of a group', async () => {
    expect(await completed('caracal-gate st')).toEqual(['status'])
    expect(await completed('caracal-gate evidence ')).toEqual(['render', 'rollback-plan', 'push'])
    expect(await completed('caracal-gate help e')).toEqual(['explain', 'evidence'])
  })

  it('offers options, their words and files', async () => {
    expect(await completed('caracal-gate wait --fa')).toEqual(['--fail-fast'])
    expect(await completed('caracal-gate wait --until ')).toEqual(['proceed', 'decided', 'stop'])
    expect(await completed('caracal-gate status --output=j')).toEqual(['json', 'junit'])
    expect(await completed('caracal-gate status -o ma')).toEqual(['markdown'])
    expect(await completed('caracal-gate evidence render -f val')).toEqual(['values.production.yaml'])
  })

  it('asks the exporter of the same line, or of the environment, for ids', async () => {
    const { url } = await listen(exporter(held()).listener)
    expect(await completed(`caracal-gate status --url ${url} --gate `)).toEqual(['readiness', 'event-health'])
    const env = { CARACAL_GATE_URL: url }
    expect(await completed('caracal-gate ack out', env)).toEqual(['outbox-dead-messages'])
    expect(await completed('caracal-gate explain gates/readiness/checks/s', env)).toEqual([
      'gates/readiness/checks/sts-ready',
    ])
  })

  it('offers nothing, and says nothing, when nobody or somebody else answers', async () => {
    const { url } = await listen(always(200, '<html>'))
    for (const at of [url, 'http://127.0.0.1:1', 'ftp://x'])
      expect(await completed(`caracal-gate ack --url ${at} `)).toEqual([])
    expect(await completed('caracal-gate nonsense ')).toEqual([])
  })
})

describe('caracal-gate completion', () => {
  it.each(['bash', 'zsh', 'fish'])('has a script for %s that asks back', async (shell) => {
    const { code, stdout } = await runHere(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain(`caracal-gate '__complete' '${shell}' `)
  })

  it('describes what it offers where a shell can show it', async () => {
    const { stdout } = await runHere(['__complete', 'fish', 'status', '--out'])
    expect(stdout).toBe('--output\tformat of the result on stdout (default text)')
    const inline = await runHere(['__complete', 'zsh', 'status', '--output=j'])
    expect(inline.stdout.split('\0').filter((text) => text !== '')).toEqual([
      '--output=json',
      '--output=junit',
    ])
  })

  it('leaves files and folders to the shell', async () => {
    for (const [option, type] of [
      ['--chart', 'directory'],
      ['--values', 'file'],
    ] as const)
      expect((await runHere(['__complete', 'bash', 'evidence', 'render', option, 'x'])).stdout).toContain(
        type,
      )
  })

  it('knows three shells', async () => {
    expect(await runHere(['completion', 'bsh'])).toMatchObject({ code: 2, stdout: '' })
    expect((await runHere(['completion', 'bsh'])).stderr).toContain('did you mean bash?')
    expect((await runHere(['__complete', 'tcsh', 'x'])).code).toBe(2)
  })
})
