import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../rig/processes.ts'
import { cleanUp, root, startProgram, type Ended } from '../support/cli-process.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'gate-get-the-cli-'))
const installed = join(folder, 'laptop/node_modules/.bin/caracal-gate')
const single = join(folder, 'elsewhere/caracal-gate.mjs')
let url = ''

/** An exporter that runs from the installed package, and sees nothing: its verdict is hold. */
async function serve(): Promise<string> {
  const config = join(folder, 'caracal-gate.yaml')
  const listen = `127.0.0.1:${await freePort()}`
  const services = ['api', 'sts', 'gateway', 'audit', 'coordinator'].map(
    (service, index) => `${service}: { replicas: [http://127.0.0.1:${index + 1}] }`,
  )
  writeFileSync(
    config,
    `services: { ${services.join(', ')} }
redis: { url: redis://127.0.0.1:6 }
postgres: { url: postgres://gate@127.0.0.1:7/caracal, tls: { mode: "off" } }
kubernetes: { enabled: false }
http: { listen: ${listen} }
state: { file: ${join(folder, 'state.json')} }
`,
  )
  await startProgram(process.execPath, [installed, 'serve', '--config', config], {}).said('listening on')
  return `http://${listen}`
}

beforeAll(async () => {
  const dist = join(folder, 'dist')
  mkdirSync(join(folder, 'laptop'))
  await run(process.execPath, ['scripts/build.ts', dist], { cwd: root })
  await run(process.execPath, ['scripts/build-cli.ts', single], { cwd: root })
  await run('npm', ['pack', dist, '--pack-destination', folder], { cwd: folder })
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  // The packages of this repository are out of reach there, and so is every registry.
  await run('npm', ['install', '--offline', '--prefix', join(folder, 'laptop'), join(folder, archive)])
  url = await serve()
})
afterAll(async () => {
  await cleanUp()
  rmSync(folder, { recursive: true, force: true })
})

async function ended(file: string, ...args: readonly string[]): Promise<Ended> {
  return startProgram(process.execPath, [file, ...args], {}).ended
}

describe.each([
  ['the package', installed],
  ['the single file', single],
])('X48: %s', (_, file) => {
  it('asks an exporter', async () => {
    const { code, stdout } = await ended(file, 'status', '--url', url)
    expect({ code, stdout }).toEqual({ code: 3, stdout: expect.stringContaining('HOLD') })
  })

  it('reads migrations by the parser that it brings', async () => {
    const migrations = join(root, 'test/fixtures/migrations')
    const args = ['evidence', 'rollback-plan', '--migrations', migrations, '--previous', '0001', '--dry-run']
    expect(await ended(file, ...args)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('schema-compatibility: pass'),
    })
  })
})

it('X48: the package brings the page and the runbook, and no other package', async () => {
  expect(await (await fetch(url)).text()).toContain('Caracal rollout gate')
  expect((await fetch(`${url}/runbook/audit-dlq-growing`)).status).toBe(200)
  expect(readdirSync(join(folder, 'laptop/node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    'caracal-gate-exporter',
  ])
})

it('X48: the single file lies alone, and says that it has no exporter', async () => {
  expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['caracal-gate.mjs'])
  expect(await ended(single, 'serve')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('this file is the command line alone'),
  })
})
