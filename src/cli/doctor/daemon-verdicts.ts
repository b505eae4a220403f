import { plain } from '../../core/text.ts'
import { objectAt, objectsAt, textAt, type PlainObject } from '../../kubernetes/manifest/objects.ts'
import { failed, ok, warning, type Found } from './finding.ts'
import { counted } from '../../core/lists.ts'

/** What the doctor was started as. */
export interface Own {
  readonly version: string
  readonly configHash: string
  readonly url: string
}

const restart =
  'kubectl rollout restart deployment/<the exporter>   # or: docker compose restart <the exporter>'

/** What a document of `/gates` says of the exporter itself, and of what it can't tell. */
export function judgeReport(report: PlainObject, own: Own): readonly Found[] {
  const evaluator = objectAt(report, 'evaluator')
  return [
    ok('answer', `${own.url} judges: ${plain(textAt(report, 'verdict'), 40)}`),
    judgeVersion(textAt(evaluator, 'version'), own),
    judgeConfiguration(evaluator, own),
    judgeMemory(objectAt(evaluator, 'stateStore')),
    ...judgeUnknown(report),
  ]
}

function judgeVersion(version: string, own: Own): Found {
  if (version === own.version) return ok('version', `both are ${version}`)
  return warning('version', `it is ${plain(version, 40)}, and this is ${own.version}`, [restart])
}

function judgeConfiguration(evaluator: PlainObject, { configHash }: Own): Found {
  const reload = objectAt(evaluator, 'configReload')
  if (reload['ok'] === false)
    return failed(
      'configuration',
      `it has refused a new one and goes on with the one before: ${plain(textAt(reload, 'message'))}`,
      ['caracal-gate check-config --config <FILE>   # names every fault'],
    )
  const theirs = textAt(evaluator, 'configHash')
  if (theirs === configHash) return ok('configuration', 'it runs with this one')
  return warning(
    'configuration',
    `it runs with another one (${plain(theirs, 19)}, here ${configHash.slice(0, 19)}), so what is found here may not be why`,
    ['kill -HUP <its process>   # reads it anew; or give the doctor what the exporter was started with'],
  )
}

function judgeMemory(store: PlainObject): Found {
  if (store['ok'] !== false) return ok('memory', 'what it must remember is kept')
  return failed('memory', `it can't keep what it must remember: ${plain(textAt(store, 'message'))}`, [
    '# see state.file, or Kubernetes: configmaps',
  ])
}

interface Unknown {
  readonly ref: string
  readonly reason: string
  readonly message: string
}

/** Causes that are told; behind them is the number of those that are not. */
const MOST_CAUSES = 30

/** Every cause once, with how many checks and stop conditions it hides. */
function judgeUnknown(report: PlainObject): readonly Found[] {
  const items = unknownIn(report)
  if (items.length === 0) return [ok('checks', 'nothing is unknown')]
  const causes = [...Map.groupBy(items, ({ reason, message }) => `${reason} ${message}`).values()]
  const told = causes.slice(0, MOST_CAUSES).flatMap((members): Found[] => {
    const [first] = members
    if (first === undefined) return []
    const more = members.length === 1 ? '' : ` (and ${counted(members.length - 1, 'other')})`
    return [
      {
        ...failed(`${first.ref}${more}`, `unknown: ${first.reason}: ${first.message}`),
        whyNot: [...new Set(members.map(({ reason }) => reason))],
      },
    ]
  })
  const rest = causes.length - told.length
  return rest === 0
    ? told
    : [...told, failed('checks', `${counted(rest, 'further cause')} hide what should be seen`)]
}

function unknownIn(report: PlainObject): readonly Unknown[] {
  const checks = objectsAt(report, 'gates').flatMap((gate) =>
    objectsAt(gate, 'checks').map((item) => ({
      item,
      ref: `gates/${textAt(gate, 'id')}/checks/${textAt(item, 'id')}`,
    })),
  )
  const stops = objectsAt(report, 'stopConditions').map((item) => ({
    item,
    ref: `stop-conditions/${textAt(item, 'id')}`,
  }))
  return [...checks, ...stops]
    .filter(({ item }) => item['state'] === 'unknown')
    .map(({ item, ref }) => ({
      ref: plain(ref, 120),
      reason: plain(textAt(item, 'reason'), 60),
      message: plain(textAt(item, 'message')),
    }))
}
