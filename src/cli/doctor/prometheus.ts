import { gateAlertNames, platformAlertNames } from '../../contract/alert-names.ts'
import { isObject, objectAt, objectsAt, textAt, type PlainObject } from '../../kubernetes/manifest/objects.ts'
import type { FreeArea, Outside } from './area.ts'
import { failed, skipped, type Found } from './finding.ts'
import {
  judgeReceivers,
  judgeRules,
  judgeSeries,
  judgeTargets,
  judgeWatchdog,
  type Rule,
  type Scraped,
} from './prometheus-verdicts.ts'
import { askWeb, objectIn } from './web.ts'

/** Whether Prometheus has our rules and our series, scrapes the platform, and tells somebody. */
export const prometheus: FreeArea = {
  name: 'prometheus',
  title: 'Prometheus',
  async check(outside) {
    const { prometheus: url } = outside
    if (url === undefined)
      return [
        skipped('rules', 'nobody knows whether they are loaded: --prometheus URL looks', [
          'caracal-gate doctor --prometheus <URL>',
        ]),
      ]
    const rules = await dataAt(outside, url, 'api/v1/rules?type=alert')
    if ('fault' in rules)
      return [failed('answer', rules.fault, ['caracal-gate doctor --prometheus <base URL of a Prometheus>'])]
    const [series, targets, alerts, receivers] = await Promise.all([
      dataAt(outside, url, 'api/v1/query?query=caracal_rollout_verdict'),
      dataAt(outside, url, 'api/v1/targets?state=active'),
      dataAt(outside, url, 'api/v1/alerts'),
      dataAt(outside, url, 'api/v1/alertmanagers'),
    ])
    const loaded = rulesIn(rules.data)
    return [
      ...judgeRules(loaded, gateAlertNames, platformAlertNames),
      judged('series', series, (data) => judgeSeries(objectsAt(data, 'result').length)),
      ...judgedAll('targets', targets, (data) => judgeTargets(targetsIn(data), outside.release)),
      judged('watchdog', alerts, (data) => judgeWatchdog(alertsIn(data), loaded)),
      judged('alertmanagers', receivers, (data) =>
        judgeReceivers(objectsAt(data, 'activeAlertmanagers').length),
      ),
    ]
  },
}

type Answered = { readonly data: PlainObject } | { readonly fault: string }

/** The `data` of an answer of the HTTP API, or why there is none. */
async function dataAt({ clock, over }: Outside, url: string, path: string): Promise<Answered> {
  const answer = await askWeb(`${url}${path}`, { clock, over })
  if ('fault' in answer) return answer
  const body = objectIn(answer.body)
  if (body?.['status'] !== 'success')
    return { fault: `${url} answers ${answer.status} and not as a Prometheus does` }
  const { data } = body
  return { data: isObject(data) ? data : {} }
}

function judged(subject: string, answered: Answered, judge: (data: PlainObject) => Found): Found {
  return 'fault' in answered ? failed(subject, answered.fault) : judge(answered.data)
}

function judgedAll(
  subject: string,
  answered: Answered,
  judge: (data: PlainObject) => readonly Found[],
): readonly Found[] {
  return 'fault' in answered ? [failed(subject, answered.fault)] : judge(answered.data)
}

function rulesIn(data: PlainObject): readonly Rule[] {
  return objectsAt(data, 'groups')
    .flatMap((group) => objectsAt(group, 'rules'))
    .map((rule) => ({
      name: textAt(rule, 'name'),
      health: textAt(rule, 'health'),
      lastError: textAt(rule, 'lastError'),
    }))
}

function targetsIn(data: PlainObject): readonly Scraped[] {
  return objectsAt(data, 'activeTargets').map((target) => ({
    pool: textAt(target, 'scrapePool'),
    url: textAt(target, 'scrapeUrl'),
    health: textAt(target, 'health'),
    lastError: textAt(target, 'lastError'),
    labels: Object.values(objectAt(target, 'labels')).filter((value) => typeof value === 'string'),
  }))
}

function alertsIn(data: PlainObject): readonly { readonly name: string; readonly state: string }[] {
  return objectsAt(data, 'alerts').map((alert) => ({
    name: textAt(objectAt(alert, 'labels'), 'alertname'),
    state: textAt(alert, 'state'),
  }))
}
