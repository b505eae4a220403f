import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { freePort } from '../../rig/processes.ts'
import { initialSnapshot } from '../../src/core/snapshot.ts'
import { startServer } from '../../src/http/server.ts'
import { root } from '../support/cli-process.ts'
import { handMadeRules, newBoard, newContext, play, reportContext } from '../unit/http/context.ts'

const undo: (() => unknown)[] = []
let folder: string
let full: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gate-output-'))
  // Every write to it fails with ENOSPC, as on a full disk.
  full = openSync('/dev/full', 'w')
})
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
  closeSync(full)
  rmSync(folder, { recursive: true, force: true })
})

function run(args: readonly string[], stdio: StdioOptions): ChildProcess {
  const child = spawn(process.execPath, ['src/main.ts', ...args], { cwd: root, env: {}, stdio })
  undo.push(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  })
  return child
}

async function served(): Promise<string> {
  const rules = handMadeRules(new Map())
  const snapshot = play(rules, 5, initialSnapshot(Date.now() - 5_000, rules))
  const report = () => reportContext(rules, { evaluationInterval: 600_000 })
  const server = await startServer(newContext(newBoard(snapshot), rules, { report }), {
    listen: { host: '127.0.0.1', port: 0 },
  })
  undo.push(() => server.close())
  return server.url
}

describe('a command whose output cannot be written', () => {
  it.each([
    ['text', []],
    ['JSON', ['-o', 'json']],
  ])('X30: keeps the exit code of the verdict, for %s', async (_, options) => {
    const args = ['status', '--url', await served(), ...options]
    const [expected] = await once(run(args, 'ignore'), 'exit')
    expect(expected).not.toBe(0)
    const child = run(args, ['ignore', full, 'pipe'])
    if (child.stderr === null) throw new Error('no pipe')
    const said = text(child.stderr)
    const [code] = await once(child, 'exit')
    expect(code).toBe(expected)
    expect(await said).toBe("caracal-gate: the output can't be written (ENOSPC)\n")
  })

  it('X30: keeps it too where neither output can be written', async () => {
    const args = ['status', '--url', await served()]
    const [expected] = await once(run(args, 'ignore'), 'exit')
    const [code] = await once(run(args, ['ignore', full, full]), 'exit')
    expect(code).toBe(expected)
  })
})

interface Listening {
  readonly child: ChildProcess
  readonly url: string
}

async function daemon(stderr: number | 'pipe'): Promise<Listening> {
  const closed = await freePort()
  const names = ['api', 'sts', 'gateway', 'audit', 'coordinator']
  const config = {
    services: Object.fromEntries(
      names.map((name) => [name, { replicas: [`http://127.0.0.1:${closed}/${name}`] }]),
    ),
    redis: { url: `redis://127.0.0.1:${closed}` },
    postgres: { url: `postgres://gate@127.0.0.1:${closed}/caracal` },
    http: { listen: '127.0.0.1:0' },
    state: { file: 'state.json' },
  }
  const file = join(folder, 'gate.yaml')
  writeFileSync(file, stringify(config))
  const child = run(['serve', '--config', file], ['ignore', 'pipe', stderr])
  if (child.stdout === null) throw new Error('no pipe')
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    const url = /listening on (http:\S+)\n/.exec(said)?.[1]
    // Leaving the loop closes our end: what the daemon writes from now on meets EPIPE.
    if (url !== undefined) return { child, url }
  }
  throw new Error(`the daemon did not listen: ${said}`)
}

async function failuresAt(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^caracal_gate_exporter_log_failures_total (\d+)$/m.exec(metrics)?.[1] ?? 0)
}

const soon = <Value>(look: () => Value) => expect.poll(look, { timeout: 30_000, interval: 100 })

describe('a daemon whose log cannot be written', () => {
  it('X30: goes on when the disk is full, and counts what it could not write', async () => {
    const { child, url } = await daemon(full)
    const before = await failuresAt(url)
    for (let turn = 1; turn <= 3; turn += 1) {
      child.kill('SIGHUP')
      await soon(() => failuresAt(url)).toBeGreaterThanOrEqual(before + turn)
    }
    expect(child.exitCode).toBeNull()
  })

  it('X30: goes on when nobody reads its log any more', async () => {
    const { child, url } = await daemon('pipe')
    child.stderr?.destroy()
    child.kill('SIGHUP')
    await soon(() => failuresAt(url)).toBeGreaterThanOrEqual(1)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
