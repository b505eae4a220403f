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

/**
 * argo-cd gitops-engine `health_job.go`: a Job that failed is Degraded, one that is complete Healthy. argo-cd
 * `docs/user-guide/sync-waves.md`: a PostSync hook that fails makes the sync a failed one.
 */
export const argoCd: Client = {
  name: 'argo-cd',
  ask: (asking) => throughJob(argoHook('PostSync', asking), asking),
}

/** helm `docs/topics/charts_hooks`: Helm waits for a Job until it is complete; when it fails, so does the release. */
export const helmUpgrade: Client = {
  name: 'helm hook',
  ask: (asking) => throughJob(helmHook('Job', asking), asking),
}

async function throughJob(job: Tree, asking: Asking) {
  const [complete, detail] = await completes(job, asking)
  return { effect: complete ? 'opens' : 'fails', detail } as const
}

/** helm `docs/topics/chart_tests`: a test succeeds when its container ends with 0. */
export const helmTest: Client = {
  name: 'helm test',
  async ask(asking) {
    const { code, said } = await runContainer(at(helmHook('Pod', asking), 'spec'), asking)
    return { effect: code === 0 ? 'opens' : 'fails', detail: `${code}: ${said}` }
  },
}
