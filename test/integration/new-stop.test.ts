import { afterAll, beforeAll, expect, it } from 'vitest'
import { scratchCopy, type ScratchCopy } from '../support/scratch-copy.ts'

// A stop condition is one row; its page of the runbook and its row of the overview are held to it by test/unit/docs.test.ts.

const table = 'src/rules/stops.ts'
const row = `    stop('audit-forged', 'Audit evidence was forged', 'edge', { component: 'audit', condition: noTampering, nextStep: 'page the owner of Audit' }),`

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

let copy: ScratchCopy
beforeAll(async () => {
  copy = await scratchCopy('new-stop', ['alerts', 'scripts'])
  await copy.change(table, (text) => text.replace(/^ {4}stop\('sts-unready'/m, (first) => `${row}\n${first}`))
  await copy.change('question.ts', () => question)
})
afterAll(() => copy.remove())

it('a new stop condition is one row, and then has a switch, alerts and a place in every rule file', async () => {
  const { stdout } = await copy.run(['question.ts'])
  expect(JSON.parse(stdout)).toEqual({
    switched: true,
    named: true,
    alerts: [
      ['critical', 'audit', 'page the owner of Audit'],
      ['warning', 'audit', 'page the owner of Audit'],
    ],
    judged: 'audit-forged',
    files: [
      'alerts/caracal-gate.rules.yaml',
      'alerts/caracal-gate.prometheusrule.yaml',
      'helm/files/alerts.yaml',
    ],
  })
  expect(await copy.added()).toEqual({ [table]: [row] })
})
