import { afterEach, describe, expect, it } from 'vitest'
import { check, evaluateCheck } from '../support/clients/azure.ts'
import { argoHook, helmHook } from '../support/clients/hooks.ts'
import { completes } from '../support/clients/jobs.ts'
import type { Asking, Outcome } from '../support/clients/outcome.ts'
import { at, spoilt, type Tree } from '../support/clients/recipe.ts'
import { runStage, stageOf } from '../support/clients/spinnaker.ts'
import { verdictServer, type Verdict } from '../support/clients/verdict-server.ts'
import { always, cleanUp, listen } from '../support/cli-process.ts'

// What the pages say that a recipe avoids: each recipe is spoilt in one place, and must then do harm.

afterEach(cleanUp)

describe('Spinnaker', () => {
  const running = async (verdict: Verdict, stage: Tree, steady?: number): Promise<Outcome> =>
    runStage(stage, await verdictServer(verdict, steady))

  it('would open on stop without a path to the status', async () => {
    expect(await running('stop', spoilt(stageOf('gate'), ['statusJsonPath']))).toMatchObject({
      effect: 'opens',
    })
  })

  it('would open on hold after a hundred seconds with a number for its status', async () => {
    const stage = spoilt(stageOf('gate'), ['statusJsonPath'], '$.steadySeconds')
    expect(await running('hold', stage, 100)).toMatchObject({ effect: 'opens' })
  })

  it('would wait on stop without words that end it', async () => {
    expect(await running('stop', spoilt(stageOf('gate'), ['terminalStatuses'], ''))).toMatchObject({
      effect: 'waits',
    })
  })

  it('would open on stop when failures are ignored', async () => {
    const ignoring = spoilt(stageOf('gate'), ['continuePipeline'], true)
    expect(await running('stop', ignoring)).toMatchObject({ effect: 'opens' })
  })

  it.each(['<html>Log in</html>', '{}', '[]', '{"verdict":["proceed"]}'])(
    'never opens on %s',
    async (body) => {
      const { url } = await listen(always(200, body))
      const outcome = await runStage(stageOf('gate'), { url, rollout: 'caracal/47', token: '', patience: 3 })
      expect(outcome.effect).not.toBe('opens')
    },
  )
})

describe('Azure Pipelines', () => {
  const inputs = ['settings', 'inputs'] as const

  it('would open on stop without criteria', async () => {
    const wrong = spoilt(check(), [...inputs, 'successCriteria'])
    expect(await evaluateCheck(wrong, await verdictServer('stop'))).toMatchObject({ effect: 'opens' })
  })

  it('keeps to ten evaluations for each time-out, as checks must', () => {
    const { timeout, settings } = check() as { readonly timeout: number; readonly settings: Tree }
    expect(timeout / Number(settings['retryInterval'])).toBeLessThanOrEqual(10)
  })

  it.each([
    '<html>Log in</html>',
    '{}',
    'null',
    '{"verdict":"proceed"}',
    '{"kind":"Envelope","verdict":"held"}',
  ])('never opens on %s', async (body) => {
    const { url } = await listen(always(200, body))
    const outcome = await evaluateCheck(check(), { url, rollout: 'caracal/47', token: '', patience: 3 })
    expect(outcome.effect).toBe('fails')
  })
})

describe('hooks', () => {
  const asking: Asking = { url: 'http://127.0.0.1:9', rollout: 'caracal/47', token: '', patience: 3 }
  const jobs = [
    ['of Argo CD before the sync', argoHook('PreSync', asking)],
    ['of Argo CD after the sync', argoHook('PostSync', asking)],
    ['of Argo CD after a failure', argoHook('SyncFail', asking)],
    ['of Helm', helmHook('Job', asking)],
  ] as const

  it('wait once, though a Job would try seven times', async () => {
    let asked = 0
    const { url } = await listen((_, response) => {
      asked++
      response.writeHead(401).end()
    })
    const waits = argoHook('PostSync', asking)
    expect((await completes(waits, { ...asking, url }))[0]).toBe(false)
    expect(asked).toBe(1)
    expect((await completes(spoilt(waits, ['spec', 'backoffLimit']), { ...asking, url }))[0]).toBe(false)
    expect(asked).toBe(8)
  })

  it.each(jobs)('%s end before Kubernetes ends them, and leave their log for a while', (_, job) => {
    const deadline = Number(at(job, 'spec', 'activeDeadlineSeconds'))
    const waiting = at(job, 'spec', 'backoffLimit') === 0
    expect(deadline).toBeGreaterThan(waiting ? 45 * 60 : 30 * 3)
    expect(Number(at(job, 'spec', 'ttlSecondsAfterFinished'))).toBeGreaterThan(86_400)
    expect(JSON.stringify(at(job, 'metadata', 'annotations'))).not.toMatch(
      /succeeded|Hook(Failed|Succeeded)/i,
    )
  })

  it('have a name of their own in each sync, and for each revision', () => {
    for (const [title, job] of jobs)
      expect(job['metadata']).toMatchObject(
        title === 'of Helm'
          ? { name: 'caracal-gate-r47' }
          : { generateName: expect.stringMatching(/-$/) as string },
      )
    expect(helmHook('Pod', asking)['metadata']).toMatchObject({ name: 'caracal-gate-r47' })
  })
})
