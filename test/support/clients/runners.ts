import { readFile } from 'node:fs/promises'
import { documentedUrl, impatient, type Asking, type Client, type Outcome } from './outcome.ts'
import { at, documentsIn, fenceWith, fencesOf, listAt, textAt, wordAt, type Tree } from './recipe.ts'
import { workplace, type Ran } from './shell.ts'

function environment({ url, rollout, token }: Asking): Readonly<Record<string, string>> {
  return { CARACAL_GATE_URL: url, ROLLOUT: rollout, ...(token !== '' && { CARACAL_GATE_TOKEN: token }) }
}

function outcome(opens: boolean, { code, stdout, stderr }: Ran): Outcome {
  return { effect: opens ? 'opens' : 'fails', detail: `${code}: ${stdout}${stderr}` }
}

/** The recipe must ask where it says, by the name that our program reads. */
function assertAddress(variables: unknown): void {
  if (textAt(variables, 'CARACAL_GATE_URL') !== documentedUrl) throw new Error('another address')
}

/**
 * actions/runner `ScriptHandlerHelpers.cs`: `shell: bash` is `bash --noprofile --norc -e -o pipefail`, and `bash -e`
 * where no shell is named. A step that fails skips those after it, except with a condition of their own, and unless it
 * has `continue-on-error`.
 */
export const githubActions: Client = {
  name: 'github-actions',
  async ask(asking) {
    const [workflow] = documentsIn(fencesOf('github-actions.md', 'yaml')[0] ?? '')
    const job = at(workflow, 'jobs', 'upgrade')
    assertAddress(at(job, 'env'))
    const steps = listAt(job, 'steps') as readonly Tree[]
    const gate = steps.find((step) => step['name'] === 'Gate')
    const next = steps.find((step) => step['name'] === 'Finish')
    const shell = at(gate, 'shell') ?? at(job, 'defaults', 'run', 'shell')
    const flags = shell === 'bash' ? ['--noprofile', '--norc', '-e', '-o', 'pipefail'] : ['-e']
    const place = await workplace()
    const file = await place.write('step.sh', impatient(textAt(gate, 'run'), asking))
    const ran = await place.run('bash', [...flags, file], environment(asking))
    const goesOn =
      at(gate, 'continue-on-error') === true || /always|failure|cancelled/.test(wordAt(next, 'if') ?? '')
    return outcome(ran.code === 0 || goesOn, ran)
  },
}

/**
 * gitlab-runner, `shells/bash.go`, `Finish`: the lines of a script are evaluated at the end of a pipe, in one bash that
 * ends at the first failure. GitLab docs, `.gitlab-ci.yml`: a job that fails keeps later stages from beginning, unless `allow_failure` covers its code; `after_script` decides nothing.
 */
export const gitlab: Client = {
  name: 'gitlab',
  async ask(asking) {
    const [pipeline] = documentsIn(fencesOf('gitlab.md', 'yaml')[0] ?? '')
    assertAddress(at(pipeline, 'variables'))
    const job = at(pipeline, 'gate')
    const script = listAt(job, 'script').join('\n')
    const place = await workplace()
    await place.write('lines.sh', impatient(script, asking))
    const file = await place.write(
      'script.sh',
      'set -o pipefail; set -o errexit\nset +o noclobber\n: | eval "$(cat lines.sh)"\nexit 0\n',
    )
    const ran = await place.run('bash', [file], environment(asking))
    const allowed = at(job, 'allow_failure')
    const codes = at(allowed, 'exit_codes')
    const forgiven = allowed === true || (Array.isArray(codes) && codes.includes(ran.code))
    const [stages, finish] = [listAt(pipeline, 'stages'), at(pipeline, 'finish')]
    const waits =
      stages.indexOf('gate') < stages.indexOf(textAt(finish, 'stage')) &&
      at(finish, 'needs') === undefined &&
      at(finish, 'when') === undefined
    return outcome(ran.code === 0 || forgiven || !waits, ran)
  },
}

/**
 * jenkins durable-task `BourneShellScript`: `sh -xe`. Pipeline docs: with `returnStatus` the step gives the code and
 * never fails; `error` fails the build, and what follows is skipped.
 */
export const jenkins: Client = {
  name: 'jenkins',
  async ask(asking) {
    const groovy = fencesOf('jenkins.md', 'groovy')[0] ?? ''
    if (!groovy.includes(`CARACAL_GATE_URL = '${documentedUrl}'`)) throw new Error('another address')
    const gate = /stage\('Gate'\) \{([^]*?)stage\('Finish'\)/.exec(groovy)?.[1] ?? ''
    const script = /returnStatus: true,\s+script: '([^']+)'/.exec(gate)?.[1] ?? ''
    const place = await workplace()
    const file = await place.write('script.sh', impatient(script, asking))
    const ran = await place.run('sh', ['-xe', file], environment(asking))
    const cases = new Map(
      [...gate.matchAll(/(?:case (\d+)|(default)): (break|error)/g)].map(([, code, otherwise, action]) => [
        code ?? otherwise ?? '',
        action ?? '',
      ]),
    )
    // Without a `default`, a code that has no case goes on.
    const action = cases.get(String(ran.code)) ?? cases.get('default') ?? 'break'
    return outcome(action === 'break', ran)
  },
}

/**
 * tektoncd/pipeline `pkg/pod/script.go`: a script is a file that is run, with `#!/bin/sh` and `set -e` before it when it
 * has no `#!` of its own. `pkg/entrypoint/entrypointer.go`: another code than 0 fails the TaskRun, unless the step has
 * `onError: continue`; tasks that run after it are skipped.
 */
export const tekton: Client = {
  name: 'tekton',
  async ask(asking) {
    const [task] = documentsIn(fenceWith('tekton.md', 'yaml', 'kind: Task\n'))
    const [pipeline] = documentsIn(fenceWith('tekton.md', 'yaml', 'kind: Pipeline\n'))
    if (at(task, 'spec', 'params', 1, 'default') !== documentedUrl) throw new Error('another address')
    const step = at(task, 'spec', 'steps', 0)
    const place = await workplace()
    const script = impatient(textAt(step, 'script'), asking)
      .replaceAll(/\$\(results\.(\w+)\.path\)/g, `${place.folder}/result-$1`)
      .replaceAll('/tmp/gates.json', `${place.folder}/gates.json`)
    const file = await place.write(
      'script',
      script.startsWith('#!') ? script : `#!/bin/sh\nset -e\n${script}`,
    )
    const ran = await place.run('sh', [file], environment(asking))
    const tasks = listAt(pipeline, 'spec', 'tasks') as readonly Tree[]
    const gate = tasks.find((candidate) => candidate['name'] === 'gate')
    const after = tasks.find((candidate) => candidate['name'] === 'promote')
    const waits = ((after?.['runAfter'] ?? []) as readonly unknown[]).includes('gate')
    const forgiven = at(step, 'onError') === 'continue' || gate?.['onError'] === 'continue'
    return outcome(ran.code === 0 || forgiven || !waits, ran)
  },
}

/** A step `bash` of an agent. azure-pipelines-tasks `Tasks/BashV3`: any code but 0 fails it. */
export const azureAgent: Client = {
  name: 'azure agent',
  async ask(asking) {
    const [pipeline] = documentsIn(fencesOf('azure.md', 'yaml')[0] ?? '')
    const job = at(pipeline, 'stages', 0, 'jobs', 0)
    assertAddress(at(job, 'variables'))
    const steps = listAt(job, 'steps') as readonly Tree[]
    const gate = steps.find((step) => step['displayName'] === 'Gate')
    const next = steps.find((step) => step['displayName'] === 'Finish')
    const place = await workplace()
    const file = await place.write('step.sh', impatient(textAt(gate, 'bash'), asking))
    const ran = await place.run('bash', [file], environment(asking))
    const goesOn = at(gate, 'continueOnError') === true || next?.['condition'] !== undefined
    return outcome(ran.code === 0 || goesOn, ran)
  },
}

/** What an earlier run has left behind: it must not be there after any other. */
const left = '{"verdict":"proceed","summary":"of an earlier run"}'

/** Runs the recipe by the real curl, in the real shell; with the document that it leaves. */
export async function runCurl(
  asking: Asking,
  change: (script: string) => string = (script) => script,
): Promise<Ran & { readonly document: string | undefined }> {
  const script = fenceWith('curl.md', 'sh', '--retry')
  if (!script.includes(documentedUrl)) throw new Error('another address')
  const place = await workplace()
  const kept = await place.write('gates.json', left)
  const file = await place.write('script.sh', change(impatient(script.replaceAll(/\\\n\s*/g, ''), asking)))
  const ran = await place.run('sh', [file], environment(asking))
  return { ...ran, document: await readFile(kept, 'utf8').catch(() => undefined) }
}

export const curl: Client = {
  name: 'curl',
  async ask(asking) {
    const ran = await runCurl(asking)
    if (ran.document === left) throw new Error('the document of an earlier run is still there')
    return outcome(ran.code === 0, ran)
  },
}
