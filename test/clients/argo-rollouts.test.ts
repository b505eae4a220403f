import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { exporter, page, saying, serving } from '../support/clients/argo-answers.ts'
import { counting, gateTemplate, type Measurement } from '../support/clients/argo-rollouts.ts'
import { startClient, type ClientProgram } from '../support/clients/program.ts'
import { at, spoilt, type Tree } from '../support/clients/recipe.ts'
import { cleanUp } from '../support/cli-process.ts'

// The controller of Argo Rollouts counts: argo-rollouts-counting-1.9.1. Its analysis is the same in 1.8.3, but for an import.

let controller: ClientProgram
beforeAll(() => {
  controller = startClient('argo-rollouts-counting-1.9.1')
})
afterEach(cleanUp)
afterAll(() => controller.end())

type Phase = Exclude<Measurement['phase'], 'panic'>

interface Ended {
  readonly phase: string
  readonly message: string
  readonly phases: readonly Phase[]
}

async function analysed(template: Tree, url: string, measurements = 100): Promise<Ended> {
  const secrets = { 'caracal-gate-pipeline/token': 'a-token' }
  const args = { url, rollout: 'caracal/47' }
  return (await controller.ask({ template, args, secrets, measurements })) as Ended
}

const samples = { Successful: () => Date.now() / 1_000, Inconclusive: () => 0, Failed: () => -1 }

/** Answers so that the measurements are these, one after another, and the last one for ever. */
async function inTurn(phases: readonly Phase[]): Promise<string> {
  let turn = 0
  return serving((_, response) => {
    const phase = phases[Math.min(turn++, phases.length - 1)] ?? 'Error'
    if (phase === 'Error') return void response.writeHead(503).end()
    const value = [Date.now() / 1_000, String(samples[phase]())]
    const data = { resultType: 'vector', result: [{ metric: {}, value }] }
    response.writeHead(200).end(JSON.stringify({ status: 'success', data }))
  })
}

/** Where our own counting ends, and with what. */
function counted(template: Tree, phases: readonly Phase[]): Pick<Ended, 'phase' | 'phases'> {
  const count = counting(at(template, 'spec', 'metrics', 0))
  const taken: Phase[] = []
  for (;;) {
    const phase = phases[Math.min(taken.length, phases.length - 1)] ?? 'Error'
    taken.push(phase)
    const ended = count(phase)
    if (ended !== undefined || taken.length >= 100) return { phase: ended ?? 'Running', phases: taken }
  }
}

function times(count: number, phase: Phase): readonly Phase[] {
  return Array.from({ length: count }, () => phase)
}

describe('an AnalysisRun of the recipe', () => {
  it.each<[string, readonly Phase[], string]>([
    ['two successes in a row', ['Successful'], 'Successful'],
    ['a hold between successes', ['Successful', 'Inconclusive', 'Successful', 'Successful'], 'Successful'],
    ['an error between successes', ['Successful', 'Error', 'Successful', 'Successful'], 'Successful'],
    ['a stop after a success', ['Successful', 'Failed'], 'Failed'],
    ['80 holds', [...times(80, 'Inconclusive'), 'Successful', 'Successful'], 'Successful'],
    ['81 holds', times(81, 'Inconclusive'), 'Inconclusive'],
    ['30 errors', [...times(30, 'Error'), 'Successful', 'Successful'], 'Successful'],
    ['31 errors', times(31, 'Error'), 'Error'],
  ])('X01: after %s is as we count', async (_, phases, ended) => {
    const run = await analysed(gateTemplate(), await inTurn(phases))
    expect(run).toMatchObject(counted(gateTemplate(), phases))
    expect(run.phase).toBe(ended)
  })

  it.each([
    [-1, 'Failed'],
    [2, 'Inconclusive'],
  ])(
    'X01: that ends by its count, with a failureLimit of %i, is as we count',
    async (failureLimit, ended) => {
      const limits = { failureLimit, consecutiveSuccessLimit: 3, inconclusiveLimit: 5, count: 5 }
      const template = Object.entries(limits).reduce(
        (changed, [name, value]) => spoilt(changed, ['spec', 'metrics', 0, name], value),
        gateTemplate(),
      )
      const phases: readonly Phase[] = ['Successful', 'Inconclusive']
      const run = await analysed(template, await inTurn(phases))
      expect(run).toMatchObject(counted(template, phases))
      expect(run.phase).toBe(ended)
    },
  )

  it('X01: is as we count for any answers, and for other limits', async () => {
    const phase = fc.constantFrom<Phase>('Successful', 'Inconclusive', 'Failed', 'Error')
    const limit = (name: string, ...values: readonly (number | undefined)[]) =>
      fc.constantFrom(...values).map((value) => [name, value] as const)
    // The controller takes no count that is smaller than the other limits, and -1 only beside successes in a row.
    const limits = fc
      .tuple(
        limit('failureLimit', -1, 0, 2, undefined),
        limit('inconclusiveLimit', 0, 3, undefined),
        limit('consecutiveErrorLimit', 0, 2, undefined),
        limit('consecutiveSuccessLimit', 1, 3, undefined),
        limit('count', 5, 9, undefined),
      )
      .filter(([[, failures], , , [, successes]]) => failures !== -1 || successes !== undefined)
    const property = fc.asyncProperty(
      fc.array(phase, { minLength: 1, maxLength: 20 }),
      limits,
      async (phases, given) => {
        const template = given.reduce(
          (changed, [name, value]) => spoilt(changed, ['spec', 'metrics', 0, name], value),
          gateTemplate(),
        )
        const run = await analysed(template, await inTurn(phases))
        expect(run).toMatchObject(counted(template, phases))
      },
    )
    await fc.assert(property, { seed: 20_261_130, numRuns: 60 })
  })

  it('X01: opens on proceed of the exporter, and on nothing that a web page says', async () => {
    const proceeding = await analysed(gateTemplate(), await exporter('proceed'))
    expect(proceeding).toMatchObject({ phase: 'Successful', phases: ['Successful', 'Successful'] })
    expect(await analysed(gateTemplate(), await exporter('stop'))).toMatchObject({ phase: 'Failed' })
    expect(await analysed(gateTemplate(), await saying(page))).toMatchObject({ phase: 'Error' })
  })

  it('X01: would open on a web page with a web metric', async () => {
    const web = spoilt(gateTemplate(), ['spec', 'metrics', 0, 'provider'], {
      web: { url: '{{ args.url }}/gates', jsonPath: '{$}' },
    })
    const run = await analysed(web, await saying(page))
    expect(run).toMatchObject({ phase: 'Successful', phases: ['Successful', 'Successful'] })
  })
})
