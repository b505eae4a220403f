import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { helmBinary } from '../../scripts/helm.ts'
import { argoHook, helmHook } from '../support/clients/hooks.ts'
import { runContainer } from '../support/clients/jobs.ts'
import { documentedUrl, impatient, type Asking } from '../support/clients/outcome.ts'
import {
  at,
  documentsIn,
  fencesOf,
  fenceWith,
  listAt,
  textAt,
  wordAt,
  type Tree,
} from '../support/clients/recipe.ts'
import { workplace, type Workplace } from '../support/clients/shell.ts'
import { cleanUp, root } from '../support/cli-process.ts'
import { setGround, type Gate, type Ground } from '../support/daemon.ts'
import { helm, objectsOf } from '../support/chart.ts'
import { eventually } from '../support/waiting.ts'

// The recipes from their first line to their last, with the real command line and a real Helm: all but `helm upgrade`,
// which needs a cluster.

let ground: Ground
let gate: Gate
let program: string
let chart: string

beforeAll(async () => {
  const found = await helmBinary()
  if (found === undefined) throw new Error('there is no helm: node scripts/helm.ts says why')
  program = found
  chart = await mkdtemp(join(tmpdir(), 'caracal-hooks-'))
  ground = await setGround()
  ground.configure((configuration) => {
    delete configuration['limits']
    configuration['gates'] = { 'source-verification': { enabled: false, reason: 'there is no cluster' } }
  })
  gate = await ground.start()
})
afterEach(cleanUp)
afterAll(async () => {
  await ground.end()
  await rm(chart, { recursive: true, force: true })
})

const migrations = {
  '0001_baseline': 'create table a ();',
  '0002_approval_hardening': 'alter table a add b text;',
  '0003_operator_run_token_usage': 'alter table a add c text;',
  '0004_more': 'alter table a add d text;',
}

/** A checkout of the platform, with Helm in it that keeps for itself what it was told to upgrade. */
async function checkout(): Promise<Workplace> {
  const place = await workplace({
    helm: `#!/bin/sh\ncase "$1" in upgrade|test) echo "$@" >> helm.log ;; *) exec '${program}' "$@" ;; esac\n`,
  })
  const folder = join(place.folder, 'infra/postgres/migrations')
  await mkdir(folder, { recursive: true })
  for (const [name, sql] of Object.entries(migrations)) await writeFile(join(folder, `${name}.up.sql`), sql)
  await cp(join(root, 'test/fixtures/chart-small'), join(place.folder, 'infra/helm/caracal'), {
    recursive: true,
  })
  await place.write('values.production.yaml', 'redis:\n  password: hunter2-and-more\n')
  return place
}

function asking(rollout: string): Asking {
  return { url: gate.url, rollout, token: ground.token, patience: 90 }
}

/** Shortened where it waits, asking the exporter that runs; without what must arrive, since there is no cluster here. */
function ready(script: string, rollout: string): string {
  const addressed = script.replaceAll(documentedUrl, gate.url).replaceAll(/ --image \S+/g, '')
  return /--timeout \d+m/.test(addressed) ? impatient(addressed, asking(rollout)) : addressed
}

/** Runs scripts one after another, each in a shell of its own, as the steps of a job. */
async function runAll(
  place: Workplace,
  shell: readonly string[],
  scripts: readonly string[],
  rollout: string,
): Promise<void> {
  const [name = 'sh', ...flags] = shell
  for (const script of scripts) {
    const file = await place.write('step.sh', ready(script, rollout))
    const { code, stdout, stderr } = await place.run(name, [...flags, file], {
      CARACAL_GATE_URL: gate.url,
      CARACAL_GATE_TOKEN: ground.token,
      CARACAL_GATE_ACTOR: 'a pipeline',
      CI_JOB_URL: 'https://ci.example/jobs/7',
      CI_PIPELINE_ID: rollout.split('/')[1] ?? '',
      ROLLOUT: rollout,
      VERSION: '1.0.1',
      CI_COMMIT_TAG: '1.0.1',
      BUILD_NUMBER: '7',
      GITHUB_STEP_SUMMARY: join(place.folder, 'summary.md'),
    })
    expect({ script, code, stdout, stderr }).toMatchObject({ code: 0 })
  }
}

/** What must have come of a recipe that ran to its end. */
async function expectDone(place: Workplace, rollout: string): Promise<void> {
  expect(await readFile(join(place.folder, 'helm.log'), 'utf8')).toContain(
    'upgrade caracal infra/helm/caracal',
  )
  const last = JSON.parse(await readFile(join(place.folder, 'gates.json'), 'utf8')) as Tree
  expect(last).toMatchObject({ verdict: 'proceed', rollout: { id: rollout } })
  const history = (await gate.get(`/rollouts/${encodeURIComponent(rollout)}`)).json()
  expect(history).toMatchObject({ id: rollout, phase: 'done' })
}

describe('a whole pipeline', () => {
  it('in a shell, from evidence to the end of the rollout', async () => {
    const place = await checkout()
    const script = fenceWith('README.md', 'sh', 'ROLLOUT="caracal/$CI_PIPELINE_ID"')
    await runAll(place, ['sh'], [script], 'caracal/101')
    await expectDone(place, 'caracal/101')
    const checks = (await gate.report()).gates.flatMap((one) => one.checks)
    for (const id of ['helm-render', 'schema-compatibility'])
      expect(checks.find((check) => check.id === id)).toMatchObject({ state: 'pass' })
  })

  it('in GitHub Actions', async () => {
    const [workflow] = documentsIn(fencesOf('github-actions.md', 'yaml')[0] ?? '')
    const steps = (listAt(workflow, 'jobs', 'upgrade', 'steps') as readonly Tree[]).filter(
      (step) => 'run' in step,
    )
    const place = await checkout()
    const bash = ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail']
    // The step for failures too: it must not fail itself, and leaves a note.
    await runAll(
      place,
      bash,
      steps.map((step) => textAt(step, 'run')),
      'caracal/102',
    )
    await expectDone(place, 'caracal/102')
    expect(await readFile(join(place.folder, 'summary.md'), 'utf8')).toMatch(/\S/)
  })

  it('in GitLab CI', async () => {
    const [pipeline] = documentsIn(fencesOf('gitlab.md', 'yaml')[0] ?? '')
    const place = await checkout()
    for (const stage of listAt(pipeline, 'stages').map(String)) {
      const after = (at(pipeline, stage, 'after_script') ?? []) as readonly unknown[]
      const lines = [...listAt(pipeline, stage, 'script'), ...after]
      await runAll(place, ['bash'], [`set -eo pipefail\n${lines.join('\n')}\n`], 'caracal/103')
    }
    await expectDone(place, 'caracal/103')
    expect(await readFile(join(place.folder, 'gates.xml'), 'utf8')).toContain('<testsuite')
  })

  it('in Jenkins', async () => {
    const groovy = fencesOf('jenkins.md', 'groovy')[0] ?? ''
    const scripts = [...groovy.matchAll(/(?:sh |script: )'([^']+)'/g)].map(([, script = '']) => script)
    expect(scripts).toHaveLength(6)
    const place = await checkout()
    await runAll(place, ['sh', '-xe'], scripts, 'caracal/104')
    await expectDone(place, 'caracal/104')
  })

  it('on an agent of Azure Pipelines', async () => {
    const [pipeline] = documentsIn(fencesOf('azure.md', 'yaml')[0] ?? '')
    const steps = listAt(pipeline, 'stages', 0, 'jobs', 0, 'steps')
    const scripts = steps.flatMap((step) => wordAt(step, 'bash') ?? [])
    const place = await checkout()
    await runAll(place, ['bash'], scripts, 'caracal/105')
    await expectDone(place, 'caracal/105')
  })

  it('with Helm: what is typed beside the hooks', async () => {
    const place = await checkout()
    const scripts = fencesOf('helm.md', 'sh')
    expect(scripts).toHaveLength(2)
    await runAll(place, ['sh'], scripts, 'caracal/106')
    const told = await readFile(join(place.folder, 'helm.log'), 'utf8')
    expect(told).toContain('test caracal --namespace caracal')
    expect(told).toContain('--set rollout=caracal/106')
    await gate.post('/rollouts/caracal%2F106/finish', { outcome: 'failed', actor: 'a test', reason: 'over' })
  })

  it('with Argo CD: what its hooks say before and after', async () => {
    const rollout = 'argocd/f913b6c'
    for (const [phase, state] of [
      ['PreSync', 'preflight'],
      ['SyncFail', 'failed'],
    ] as const) {
      const pod = at(argoHook(phase, asking(rollout)), 'spec', 'template', 'spec')
      expect(await runContainer(pod, asking(rollout))).toMatchObject({ code: 0 })
      await eventually(`it is ${state}`, async () => {
        const history = (await gate.get(`/rollouts/${encodeURIComponent(rollout)}`)).json()
        return history['phase'] === state
      })
    }
  })

  it('X03: ends with 6 where nothing shows what must arrive', async () => {
    const script = fenceWith('README.md', 'sh', 'git push').replace('git push', ':')
    const place = await workplace()
    const file = await place.write('step.sh', impatient(script, { patience: 5 }))
    const env = { CARACAL_GATE_URL: gate.url, CARACAL_GATE_TOKEN: ground.token, USER: 'x', ROLLOUT: 'last' }
    expect((await place.run('sh', [file], env)).code).toBe(6)
  })
})

describe('the templates, rendered by a real Helm', () => {
  it('are what the other tests take them for, and lint refuses nothing', async () => {
    const templates = {
      'argo-cd.yaml': fencesOf('argo-cd.md', 'yaml')[0] ?? '',
      'hook.yaml': fenceWith('helm.md', 'yaml', 'kind: Job\n'),
      'tests/gate.yaml': fenceWith('helm.md', 'yaml', 'kind: Pod\n'),
    }
    await mkdir(join(chart, 'templates/tests'), { recursive: true })
    await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: caracal\nversion: 1.0.0\n')
    for (const [name, text] of Object.entries(templates))
      await writeFile(join(chart, 'templates', name), text)
    const values = { rollout: 'argocd/f913b6c', revision: 'f913b6c' }
    const { code, stdout, stderr } = await helm(
      ['template', 'caracal', chart, '--namespace', 'caracal'],
      values,
    )
    expect([code, stderr]).toEqual([0, ''])
    const objects = objectsOf(impatient(stdout.replaceAll(/-r1\b/g, '-r47'), asking('')))
    const declared = asking('argocd/f913b6c')
    const expected = [
      ...['PreSync', 'PostSync', 'SyncFail'].map((phase) => argoHook(phase, declared)),
      helmHook('Job', declared),
      helmHook('Pod', asking('caracal-r47')),
    ]
    expect(objects).toHaveLength(expected.length)
    for (const object of expected) expect(objects).toContainEqual(object)
    // What Argo CD names at each sync has no name yet: of that alone lint warns, and `--strict` would refuse it.
    const linted = await helm(['lint', '--quiet', chart], values)
    expect(linted.code).toBe(0)
    const said = linted.stdout.split('\n').filter((line) => line.startsWith('['))
    const nameless = '[WARNING] templates/argo-cd.yaml: object name '
    expect(said.filter((line) => !line.startsWith(nameless))).toEqual([])
  })
})
