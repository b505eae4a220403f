import { gateGroup, platformGroup } from '../../../alerts/source/index.ts'
import { ruleFile, type AlertingRule, type Rule } from '../../../alerts/source/rule-file.ts'
import { causeAlerts } from '../../../alerts/source/causes.ts'
import { stopAlerts, stopConditions } from '../../../alerts/source/stops.ts'
import { causeIds } from '../../../src/core/cause.ts'
import { causeAlertName, EXPLAINED } from '../../../src/contract/alert-names.ts'
import { causeCases, explainedCases } from './cause-cases.ts'
import { exporterCases } from './exporter-cases.ts'
import { platformCases } from './platform-cases.ts'
import type { RuleTest, Trial } from './promtool.ts'
import { recordingCases } from './recording-cases.ts'
import { rolloutCases } from './rollout-cases.ts'
import { secondPathWaived, waiverCases } from './waiver-cases.ts'
import { stopCases } from './stop-cases.ts'
import { ruleTest, type Case } from './world.ts'

const links = { runbook: 'https://docs.example', grafana: 'https://grafana.example' }

/** Every shipped rule. */
export const rules: readonly Rule[] = ruleFile([gateGroup(), platformGroup], { links }).groups.flatMap(
  (group) => group.rules,
)

export function isAlert(rule: Rule): rule is AlertingRule {
  return 'alert' in rule
}

/** The stories of each alert, by its name. */
export const cases: ReadonlyMap<string, readonly Case[]> = new Map([
  ...stopConditions.map(({ id }) => {
    const alert = stopAlerts.find(({ expr }) => expr.includes(`"${id}"`))
    return [alert?.name ?? '', stopCases(id, alert?.component ?? '')] as const
  }),
  ...causeIds.map((id) => {
    const name = causeAlertName(id)
    const alert = causeAlerts.find((one) => one.name === name)
    return [name, causeCases(id, alert?.component ?? '')] as const
  }),
  [EXPLAINED, explainedCases],
  ...Object.entries(rolloutCases),
  ...Object.entries(waiverCases),
  ...Object.entries(exporterCases),
  ...Object.entries(platformCases).map(
    ([name, own]) => [name, [...own, ...secondPathWaived(name, own)]] as const,
  ),
])

/** The alerts of this name and what they read, without annotations; `instead` takes the place of one of them. */
function bareRules(name: string, instead?: { readonly of: Rule; readonly by: Rule }): object {
  const alerts = rules.filter((rule) => isAlert(rule) && rule.alert === name)
  const read = readBy(alerts)
  const chosen = [...read, ...alerts].map((rule) => (rule === instead?.of ? instead.by : rule))
  return grouped(chosen)
}

/** The recordings that these rules read, and those that they read in turn, in the order of the file. */
function readBy(readers: readonly Rule[]): readonly Rule[] {
  const read = rules.filter(
    (rule) => !isAlert(rule) && readers.some(({ expr }) => expr.includes(rule.record)),
  )
  const more = read.filter((rule) => !readers.includes(rule))
  return more.length > 0 ? readBy([...readers, ...more]) : read
}

function grouped(chosen: readonly Rule[]): object {
  const bare = chosen.map((rule) => (isAlert(rule) ? { ...rule, annotations: {} } : rule))
  return { groups: [{ name: 'rules', rules: bare }] }
}

/** The alert of this name with all its stories. */
export function trialOf(name: string, instead?: { readonly of: Rule; readonly by: Rule }): Trial {
  const tests = (cases.get(name) ?? []).map((one): RuleTest => ruleTest(name, one))
  return { rules: bareRules(name, instead), tests }
}

/** A recording rule with its story. */
export function trialOfRecording(rule: Rule, record: string): Trial {
  const test = recordingCases.get(record)
  return { rules: grouped([rule]), tests: test === undefined ? [] : [test] }
}
