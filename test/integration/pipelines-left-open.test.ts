import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { documentsIn, fencesOf, listAt, textAt, type Tree } from '../support/clients/recipe.ts'
import { workplace } from '../support/clients/shell.ts'
import { cleanUp, root } from '../support/cli-process.ts'
import { setGround, type Gate, type Ground } from '../support/daemon.ts'

let ground: Ground
let gate: Gate
beforeAll(async () => {
  ground = await setGround()
  gate = await ground.start()
})
afterEach(cleanUp)
afterAll(() => ground.end())

describe('X45: a rollout that an earlier run left open', () => {
  it('keeps the next run in GitHub Actions from beginning, which says why, until a person says so', async () => {
    const author = { actor: 'an earlier run', reason: 'it failed' }
    await gate.post('/rollouts', { id: 'caracal/200', phase: 'rolling', ...author })
    const [workflow] = documentsIn(fencesOf('github-actions.md', 'yaml')[0] ?? '')
    const steps = listAt(workflow, 'jobs', 'upgrade', 'steps') as readonly Tree[]
    const place = await workplace()
    const summary = join(place.folder, 'summary.md')
    async function runStep(name: string, env: Readonly<Record<string, string>> = {}) {
      const step = steps.find((one) => one['name'] === name)
      // There is no cluster here in which an image could arrive.
      const script = textAt(step, 'run').replaceAll(/ --image "[^"]+"/g, '')
      const file = await place.write('step.sh', script)
      return place.run('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', file], {
        CARACAL_GATE_URL: gate.url,
        CARACAL_GATE_TOKEN: ground.token,
        CARACAL_GATE_ACTOR: 'a pipeline',
        ROLLOUT: 'caracal/201',
        VERSION: '1.0.1',
        SUPERSEDE: '',
        GITHUB_STEP_SUMMARY: summary,
        ...env,
      })
    }
    const refused = await runStep('Begin')
    expect(refused).toMatchObject({
      code: 10,
      stderr: expect.stringContaining('caracal/200 must be finished'),
    })
    const said = await runStep('Say why')
    const because = 'rollout caracal/201 was asked about, but the current one is caracal/200'
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining(`Page: ${gate.url}`) })
    expect(said.stdout).toMatch(new RegExp(`^::(warning|error) .*${because}`, 'm'))
    expect(await readFile(summary, 'utf8')).toContain(because)
    expect(await runStep('Begin', { SUPERSEDE: 'yes' })).toMatchObject({ code: 0 })
    expect(await gate.report()).toMatchObject({ rollout: { id: 'caracal/201' } })
  })

  it.each([
    'README.md',
    'github-actions.md',
    'gitlab.md',
    'jenkins.md',
    'azure.md',
    'helm.md',
    'argo-rollouts.md',
  ])('can be replaced by the recipe of %s, which asks about its own only', async (page) => {
    const text = await readFile(join(root, 'docs/use/pipelines', page), 'utf8')
    const fences = [...text.matchAll(/^```(?:sh|yaml|groovy)\n([^]*?)^```/gm)].map(([, fence = '']) => fence)
    const recipe = fences.join('\n')
    expect(recipe).toContain('caracal-gate begin "$ROLLOUT" ${SUPERSEDE:+--supersede}')
    for (const [question = ''] of recipe.matchAll(/caracal-gate (?:status|explain).*/g))
      expect(question).toContain('--rollout "$ROLLOUT"')
  })
})
