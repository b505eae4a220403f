import { counted } from '../../core/lists.ts'
import { plain } from '../../core/text.ts'
import { objectAt, objectsAt, textAt, type PlainObject } from '../../kubernetes/manifest/objects.ts'
import type { Area, Installation } from './area.ts'
import { failed, ok, skipped, warning, type Found } from './finding.ts'
import { askWeb, objectIn, type WebAnswer } from './web.ts'

const byUrl = 'caracal-gate doctor --url <URL>'

/** Whether the running exporter is this program with this configuration, and what it can't tell. */
export const daemon: Area = {
  name: 'exporter',
  title: 'The running exporter',
  async check(installation) {
    const { config, version, configHash } = installation
    const { url, isGiven } = installation.daemon
    if (!isGiven && config.http.listen.port === 0)
      return [skipped('answer', 'http.listen has port 0, so its address is not known', byUrl)]
    const answer = await askDaemon(installation, 'gates')
    if ('fault' in answer) {
      const fix = '# run the doctor where the exporter runs, or name it: --url <URL>'
      const here = skipped('answer', `none runs here: ${answer.fault}`, fix)
      return [isGiven ? failed('answer', answer.fault, [fix]) : here]
    }
    if (answer.status === 401 || answer.status === 403) {
      const message = `${url} does not take the first of http.readTokens (${answer.status}): it runs with others`
      const fix =
        'kill -HUP <its process>   # it reads its configuration anew; in a cluster: kubectl rollout restart deployment/<it>'
      return [failed('answer', message, [fix])]
    }
    const report = objectIn(answer.body)
    if (report?.['kind'] !== 'GateReport' || objectsAt(report, 'gates').length === 0)
      return [failed('answer', `${url} answers ${answer.status} and is no exporter that judges`, [byUrl])]
    return judgeReport(report, { version, configHash, url })
  },
}

/** Asks the running exporter, with a token to read where its configuration demands one. */
export function askDaemon(
  { config, daemon: { url, isGiven }, clock, over }: Installation,
  path: string,
): Promise<WebAnswer | { readonly fault: string }> {
  const { readTokens, tls } = config.http
  const [token] = readTokens ?? []
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  // At its own address it shows its own certificate, whose names are those that others know it by.
  const own = tls !== undefined && !isGiven ? { ca: tls.cert, isOwn: true } : {}
  return askWeb(`${url}${path}`, { headers, ...own, clock, over })
}

/** What the doctor was started as. */
interface Own {
  readonly version: string
  readonly configHash: string
  readonly url: string
}

/** What a document of `/gates` says of the exporter itself, and of what it can't tell. */
export function judgeReport(report: PlainObject, own: Own): readonly Found[] {
  const evaluator = objectAt(report, 'evaluator')
  const version = textAt(evaluator, 'version')
  const store = objectAt(evaluator, 'stateStore')
  return [
    ok('answer', `${own.url} judges: ${plain(textAt(report, 'verdict'), 40)}`),
    version === own.version
      ? ok('version', `both are ${version}`)
      : warning('version', `it is ${plain(version, 40)}, and this is ${own.version}`, [
          'kubectl rollout restart deployment/<the exporter>   # or: docker compose restart <the exporter>',
        ]),
    judgeConfiguration(evaluator, own),
    store['ok'] === false
      ? failed('memory', `it can't keep what it must remember: ${plain(textAt(store, 'message'))}`, [
          '# see state.file, or Kubernetes: configmaps',
        ])
      : ok('memory', 'what it must remember is kept'),
    ...judgeUnknown(report),
  ]
}

function judgeConfiguration(evaluator: PlainObject, { configHash }: Own): Found {
  const reload = objectAt(evaluator, 'configReload')
  const subject = 'configuration'
  if (reload['ok'] === false)
    return failed(
      subject,
      `it has refused a new one and keeps the previous one: ${plain(textAt(reload, 'message'))}`,
      ['caracal-gate check-config --config <FILE>   # names every fault'],
    )
  const theirs = textAt(evaluator, 'configHash')
  if (theirs === configHash) return ok(subject, 'it runs with this one')
  return warning(
    subject,
    `it runs with another one (${plain(theirs, 19)}, here ${configHash.slice(0, 19)}), so what is found here may not be why`,
    ['kill -HUP <its process>   # reads it anew; or give the doctor what the exporter was started with'],
  )
}

/** Causes that are shown; behind them is the number of those that are not. */
const MOST_CAUSES = 30

/** Every cause once, with how many checks and stop conditions it hides. */
function judgeUnknown(report: PlainObject): readonly Found[] {
  const items = unknownIn(report)
  if (items.length === 0) return [ok('checks', 'nothing is unknown')]
  const causes = [...Map.groupBy(items, ({ reason, message }) => `${reason} ${message}`).values()]
  const shown = causes.slice(0, MOST_CAUSES).flatMap((members): Found[] => {
    const [first] = members
    if (first === undefined) return []
    const more = members.length === 1 ? '' : ` (and ${counted(members.length - 1, 'other')})`
    const found = failed(`${first.ref}${more}`, `unknown: ${first.reason}: ${first.message}`)
    return [
      { ...found, whyNot: [first.reason], blames: [...new Set(members.flatMap(({ blames }) => blames))] },
    ]
  })
  const rest = causes.length - shown.length
  if (rest === 0) return shown
  return [...shown, failed('checks', `${counted(rest, 'further cause')} hide what should be measured`)]
}

function unknownIn(report: PlainObject) {
  const checks = objectsAt(report, 'gates').flatMap((gate) =>
    objectsAt(gate, 'checks').map((item) => ({ item, of: `gates/${textAt(gate, 'id')}/checks` })),
  )
  const stops = objectsAt(report, 'stopConditions').map((item) => ({ item, of: 'stop-conditions' }))
  return [...checks, ...stops]
    .filter(({ item }) => item['state'] === 'unknown')
    .map(({ item, of }) => ({
      ref: plain(`${of}/${textAt(item, 'id')}`, 120),
      reason: plain(textAt(item, 'reason'), 60),
      message: plain(textAt(item, 'message')),
      blames: objectsAt(item, 'culprits').flatMap(blamedBy),
    }))
}

/** `sts/caracal-sts-0` is about the component and about the replica. */
function blamedBy(culprit: PlainObject): readonly string[] {
  return [textAt(culprit, 'target'), textAt(culprit, 'key')].flatMap((name) => [name, ...name.split('/')])
}
