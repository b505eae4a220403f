import { healthOf, withState } from './health.ts'
import { completes, runContainer } from './jobs.ts'
import { impatient, type Asking, type Client } from './outcome.ts'
import { at, documentsIn, fenceWith, fencesOf, type Tree } from './recipe.ts'

/** The hook Jobs of the recipe for Argo CD, by the phase in which they run. */
export function argoHook(phase: string, asking: Asking): Tree {
  const [text = ''] = fencesOf('argo-cd.md', 'yaml')
  const jobs = documentsIn(rendered(text, asking))
  const found = jobs.filter((job) => at(job, 'metadata', 'annotations', 'argocd.argoproj.io/hook') === phase)
  const [job] = found
  if (job === undefined || found.length > 1) throw new Error(`${found.length} hooks in ${phase}`)
  return job
}

/** The example of the recipe for Helm that is of this kind. */
export function helmHook(kind: 'Pod' | 'Job', asking: Asking): Tree {
  const [object] = documentsIn(rendered(fenceWith('helm.md', 'yaml', `kind: ${kind}\n`), asking))
  if (object === undefined) throw new Error(`no ${kind}`)
  return object
}

/** What Helm makes of the templates on the pages, for a release whose rollout has this id. */
function rendered(template: string, asking: Asking): string {
  const { rollout } = asking
  return impatient(template, asking)
    .replaceAll('argocd/{{ .Values.revision }}', rollout)
    .replaceAll(/\{\{ required "[^"]*" \.Values\.rollout \}\}/g, rollout)
    .replaceAll('{{ .Release.Name }}-r{{ .Release.Revision }}', rollout)
    .replaceAll('{{ .Release.Namespace }}', 'caracal')
    .replaceAll('{{ .Release.Revision }}', '47')
    .replaceAll('{{ .Values.revision }}', 'f913b6c')
}

/** A PostSync hook that is Healthy lets the sync succeed: argo-cd `docs/user-guide/sync-waves.md`. */
export const argoCd: Client = {
  name: 'argo-cd',
  async ask(asking) {
    const job = argoHook('PostSync', asking)
    const [complete, detail] = await completes(job, asking)
    const { argo } = await healthOf(withState(job, complete ? 'Complete' : 'Failed'))
    return { effect: argo === 'Healthy' ? 'opens' : 'fails', detail: `${argo}: ${detail}` }
  },
}

/** The Job of the recipe for Flux. */
export function fluxJob(asking: Asking): Tree {
  const [job] = documentsIn(impatient(fenceWith('flux.md', 'yaml', 'kind: Job\n'), asking))
  if (job === undefined) throw new Error('no Job')
  return JSON.parse(JSON.stringify(job).replaceAll('flux/48', asking.rollout)) as Tree
}

/** What depends on a Kustomization that waits for a Job is applied when the Job is Current. */
export const flux: Client = {
  name: 'flux',
  async ask(asking) {
    const job = fluxJob(asking)
    const [complete, detail] = await completes(job, asking)
    const { flux: status } = await healthOf(withState(job, complete ? 'Complete' : 'Failed'))
    return { effect: status === 'Current' ? 'opens' : 'fails', detail: `${status}: ${detail}` }
  },
}

/** helm `docs/topics/charts_hooks`: Helm waits for a Job until it is complete; when it fails, so does the release. */
export const helmUpgrade: Client = {
  name: 'helm hook',
  async ask(asking) {
    const [complete, detail] = await completes(helmHook('Job', asking), asking)
    return { effect: complete ? 'opens' : 'fails', detail }
  },
}

/** helm `docs/topics/chart_tests`: a test succeeds when its container ends with 0. */
export const helmTest: Client = {
  name: 'helm test',
  async ask(asking) {
    const { code, said } = await runContainer(at(helmHook('Pod', asking), 'spec'), asking)
    return { effect: code === 0 ? 'opens' : 'fails', detail: `${code}: ${said}` }
  },
}
