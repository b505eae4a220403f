import { execFile } from 'node:child_process'
import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'

// A stop condition is one row; its section in docs/stop-conditions.md is held to the row by test/unit/docs.test.ts.

const root = resolve(import.meta.dirname, '../..')
const table = 'src/rules/stops.ts'
const row = `    stop('audit-forged', 'Audit evidence was forged', 'edge', { component: 'audit', condition: noTampering, nextStep: 'page the owner of {component}' }),`

const question = `
import { gateGroup } from './alerts/source/index.ts'
import { gateAlertNames } from './src/contract/alert-names.ts'
import { known } from './src/daemon/known.ts'
import { stopConditions } from './alerts/source/stops.ts'
import { alertFiles } from './scripts/alert-files.ts'

const own = ({ name }) => name === 'CaracalStopAuditForged'
process.stdout.write(JSON.stringify({
  switched: known.stopConditions.includes('audit-forged'),
  named: gateAlertNames(known.stopConditions).includes('CaracalStopAuditForged'),
  alerts: gateGroup().alerts.filter(own).map(({ severity, component, nextStep }) => [severity, component, nextStep]),
  judged: stopConditions.find(({ id }) => id === 'audit-forged')?.runbook,
  files: Object.entries(alertFiles()).filter(([, text]) => text.includes('CaracalStopAuditForged')).map(([file]) => file),
}))
`

let folder: string
beforeAll(async () => {
  folder = await temporaryFolder('new-stop')
  for (const name of ['src', 'alerts', 'scripts', 'package.json'])
    await cp(join(root, name), join(folder, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const text = await readFile(join(folder, table), 'utf8')
  await writeFile(
    join(folder, table),
    text.replace(/^ {4}stop\('sts-unready'/m, (first) => `${row}\n${first}`),
  )
  await writeFile(join(folder, 'question.ts'), question)
})
afterAll(() => removeFolder(folder))

it('a new stop condition is one row, and then has a switch, alerts and a place in every rule file', async () => {
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [join(folder, 'question.ts')], { timeout: 60_000 })
  expect(JSON.parse(stdout)).toEqual({
    switched: true,
    named: true,
    alerts: [
      ['critical', 'audit', 'page the owner of <component>'],
      ['warning', 'audit', 'page the owner of <component>'],
    ],
    judged: 'stop-conditions.md#audit-forged',
    files: [
      'alerts/caracal-gate.rules.yaml',
      'alerts/caracal-gate.prometheusrule.yaml',
      'helm/files/alerts.yaml',
    ],
  })
  const { stdout: changed } = await run('diff', ['-rq', join(root, 'src'), join(folder, 'src')]).catch(
    ({ stdout: different }: { readonly stdout: string }) => ({ stdout: different }),
  )
  expect(changed).toBe(`Files ${join(root, table)} and ${join(folder, table)} differ\n`)
})
