import { basename } from 'node:path'
import { chartArguments, chartOptions, type ChartArguments } from './chart-arguments.ts'
import { command } from './command.ts'
import { ending, foundNothing, handIn, openSession, pushOptions, type Session } from './evidence.ts'
import { interruptionCode, type ExitCode } from './exit-codes.ts'
import { helmWords, isTooOld, lint, template, type Ending, type Helm } from './helm.ts'
import { isToMask, maskFor, type Mask } from './masking.ts'
import { path, span } from './options.ts'
import { printable } from './text.ts'

/** `caracal-gate evidence render`: what helm lint and helm template say of a chart with an environment's values. */
export const evidenceRender = command({
  name: 'evidence render',
  area: 'tell',
  says: 'push what helm lint and helm template say',
  more: [
    'Pushes helm-render, and with the digest of the manifest also manifest-digest: the exporter compares it with what Helm has stored in the cluster, so chart, values, release, namespace and versions must be those of the upgrade.',
    ending,
  ],
  options: {
    ...chartOptions,
    helm: path('PATH', 'the helm to run (default: the one on the PATH)'),
    timeout: span('1s', '1h', 'for each run of helm (default 2m)'),
    ...pushOptions,
  },
  exits: [0, 5, 8, 9],
  examples: [
    [
      'caracal-gate evidence render --chart infra/helm/caracal --values values.production.yaml --rollout caracal/48',
      'what the upgrade will apply',
    ],
    ['caracal-gate evidence render --chart . -f values.yaml --dry-run', 'push nothing'],
  ],
  async run(process, values, _, given) {
    const chart = await chartArguments(values, given)
    const session = await openSession(process, values, 'evidence render')
    const helm: Helm = { path: values.helm ?? 'helm', within: values.timeout ?? 120_000, process }
    const linted = await lint(helm, chart.rendering)
    if (linted.kind !== 'ended' || linted.code !== 0)
      return unsuccessful(session, 'lint', linted, chart, helm)
    const rendered = await template(helm, chart.rendering)
    if (rendered.kind !== 'ended' || rendered.code !== 0)
      return unsuccessful(session, 'template', rendered, chart, helm)
    return successful(session, rendered.stdout, chart)
  },
})

async function successful(
  session: Session,
  text: string,
  { rendering, files }: ChartArguments,
): Promise<ExitCode> {
  const manifest = await manifestIn(text)
  if (typeof manifest === 'string') return foundNothing(session, `helm template: ${manifest}`)
  const { digest, count } = manifest
  const values =
    files.length === 0 ? 'no values of its own' : files.map(({ path }) => basename(path)).join(', ')
  const { release, namespace, chart } = rendering
  const from = `${count} objects of ${basename(chart)} for ${namespace}/${release} with ${values}`
  return handIn(session, [
    { check: 'helm-render', outcome: 'pass', message: 'helm lint and helm template passed', digest },
    { check: 'manifest-digest', outcome: 'pass', message: `rendered ${from}`, digest },
  ])
}

/** The digest, or why there is none. Only this command loads the YAML parser. */
async function manifestIn(
  text: string,
): Promise<{ readonly digest: string; readonly count: number } | string> {
  const { documents, ManifestError } = await import('../kubernetes/manifest/documents.ts')
  const { digestOf } = await import('../kubernetes/manifest/documents.ts')
  try {
    const objects = documents(text)
    if (objects.length === 0) return 'it rendered no object at all'
    return { digest: digestOf(objects), count: objects.length }
  } catch (error) {
    if (error instanceof ManifestError) return error.message
    throw error
  }
}

/** A failure of the chart is pushed; when helm itself failed, nothing is. */
async function unsuccessful(
  session: Session,
  verb: 'lint' | 'template',
  ending: Ending,
  chart: ChartArguments,
  helm: Helm,
): Promise<ExitCode> {
  const shown = printable(helm.path, 200)
  switch (ending.kind) {
    case 'interrupted':
      return interruptionCode(session.process.interrupted)
    case 'missing':
      return foundNothing(
        session,
        `${shown} ${ending.code === 'ENOENT' ? 'was not found' : `cannot be run (${ending.code})`}: install Helm (https://helm.sh/docs/intro/install) or name it with --helm PATH`,
      )
    case 'broken':
      return foundNothing(session, `helm ${verb} ${ending.why}`)
    case 'ended': {
      const { stdout, stderr } = ending
      if (isTooOld(stderr))
        return foundNothing(session, `${shown} does not know what it was asked: Helm 3 or 4 is needed`)
      const mask = await maskOf(chart)
      const words = mask === undefined ? withheld : mask(helmWords(stdout, stderr))
      return handIn(session, [
        { check: 'helm-render', outcome: 'fail', message: printable(`helm ${verb} failed: ${words}`, 300) },
      ])
    }
  }
}

const withheld = 'its words are withheld, because a values file is no YAML and they may repeat its values'

/** Takes the environment's values out of helm's words; undefined when they can't be read. */
async function maskOf({ rendering, files, setValues, setFiles }: ChartArguments): Promise<Mask | undefined> {
  const { valueTexts } = await import('../kubernetes/manifest/values.ts')
  const { chart, release, namespace } = rendering
  const texts = files.map(({ text }) => valueTexts(text, isToMask))
  const values = texts.flatMap((found) => found ?? [])
  if (texts.includes(undefined)) return undefined
  return maskFor([...values, ...setValues, ...setFiles], [basename(chart), release, namespace])
}
