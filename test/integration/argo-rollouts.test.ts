import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  cases,
  declared,
  exporter,
  page,
  redirecting,
  saying,
  serving,
  type Verdict,
} from '../support/clients/argo-answers.ts'
import { analyse, gateTemplate, measure, startArgo, versions } from '../support/clients/argo-rollouts.ts'
import { documentedUrl } from '../support/clients/outcome.ts'
import type { ClientProgram } from '../support/clients/program.ts'
import { pageOf, spoilt, type Tree } from '../support/clients/recipe.ts'
import { cleanUp } from '../support/cli-process.ts'

// The recipe of docs/use/pipelines/argo-rollouts.md by the client's own code, argo-rollouts-1.8.3 and argo-rollouts-1.9.1,
// against our own HTTP interface, and against what may stand in its place.

afterEach(cleanUp)

/** The answers of the page, each with the measurement that it promises. */
const promised = [...pageOf('argo-rollouts.md').matchAll(/^\| (.+?) +\| `(\w+)` +\|/gm)].flatMap(
  ([, answers = '', phase = '']) => answers.split(', ').map((answer) => [answer, phase] as const),
)

/** As on the page, but it does not wait for long. */
function hasty(): Tree {
  return spoilt(gateTemplate(), ['spec', 'metrics', 0, 'provider', 'prometheus', 'timeout'], 2)
}

it('X01: the page promises a measurement of every answer that is tried, and of no other', () => {
  expect(promised.map(([answer]) => answer).toSorted()).toEqual(Object.keys(cases).toSorted())
})

describe.each(versions)('Argo Rollouts %s', (version) => {
  let client: ClientProgram
  beforeAll(() => {
    client = startArgo(version)
  })
  afterAll(() => client.end())

  it.each(promised)('X01: R126: R127: takes %s for %s', async (answer, phase) => {
    const given = cases[answer]
    const asking = { rollout: declared, token: 'a-token', ...given, url: (await given?.url()) ?? '' }
    const measurement = await measure(client, hasty(), asking)
    expect(measurement, JSON.stringify(measurement)).toMatchObject({ phase })
  })

  it('says why it does not go on', async () => {
    const asking = { rollout: declared, token: '' }
    const held = await measure(client, hasty(), { ...asking, url: await exporter('hold') })
    expect(held).toMatchObject({ value: '[0]', warnings: '"Hold: unknown"' })
    const nameless = { ...asking, rollout: undefined, url: await exporter('hold') }
    expect((await measure(client, hasty(), nameless)).message).toContain('bad_data: label rollout is ""')
  })

  it('asks below the path of an address that has one', async () => {
    const asked: string[] = []
    const url = await serving((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.writeHead(404).end()
    })
    await measure(client, hasty(), { rollout: declared, token: '', url: `${url}/caracal/gate/` })
    expect(asked).toEqual(['POST /caracal/gate/api/v1/query'])
  })

  describe('with the recipe spoilt in one place', () => {
    const metric = ['spec', 'metrics', 0] as const
    async function analysing(verdict: Verdict, template: Tree) {
      const url = await exporter(verdict)
      return (await analyse(version, template, { url, rollout: declared, token: '', patience: 3 })).effect
    }

    it('would abort on hold with a success condition alone', async () => {
      expect(await analysing('hold', spoilt(gateTemplate(), [...metric, 'failureCondition']))).toBe(
        'rolls back',
      )
      expect(await analysing('hold', gateTemplate())).toBe('pauses')
    })

    it('would open on hold with a failure condition alone', async () => {
      expect(await analysing('hold', spoilt(gateTemplate(), [...metric, 'successCondition']))).toBe('opens')
    })

    it('would open on hold with a count in place of successes in a row', async () => {
      const counted = spoilt(gateTemplate(), [...metric, 'consecutiveSuccessLimit'])
      expect(await analysing('hold', spoilt(counted, [...metric, 'count'], 3))).toBe('opens')
    })

    it('would believe what is repeated, asked for the verdict alone', async () => {
      const simple = spoilt(
        spoilt(
          spoilt(gateTemplate(), [...metric, 'successCondition'], 'len(result) == 1 && result[0] == 1'),
          [...metric, 'failureCondition'],
          'len(result) == 1 && result[0] == 2',
        ),
        [...metric, 'provider', 'prometheus', 'query'],
        'caracal_gate_verdict{rollout="{{ args.rollout }}"}',
      )
      const url = await exporter('proceed', { ago: 60_000 })
      expect((await measure(client, simple, { url, rollout: declared, token: '' })).phase).toBe('Successful')
      expect(await analysing('proceed', simple)).toBe('opens')
      expect(await analysing('hold', simple)).toBe('pauses')
      expect(await analysing('stop', simple)).toBe('rolls back')
    })
  })

  describe('with a web metric', () => {
    const web = spoilt(gateTemplate(), ['spec', 'metrics', 0], {
      name: 'verdict',
      successCondition: 'result.verdict == "proceed"',
      failureCondition: 'result.verdict == "stop"',
      provider: { web: { url: `{{ args.url }}/gates?rollout={{ args.rollout }}`, jsonPath: '{$}' } },
    })

    it.each([
      ['{"verdict":"hold"}', 200, 'Inconclusive'],
      [page, 200, 'Successful'],
      ['', 200, 'Successful'],
      ['', 204, 'Successful'],
      ['{"verdict":"hold"', 200, 'Successful'],
      ['\uFEFF{"verdict":"stop"}', 200, 'Successful'],
      ['{"verdict":"stop"}{"verdict":"stop"}', 200, 'Successful'],
      ['null', 200, 'panic'],
    ])('X01: would take %j with %i for %s', async (body, status, phase) => {
      const asking = { rollout: declared, token: '', url: await saying(body, status) }
      expect(await measure(client, web, asking)).toMatchObject({ phase })
    })

    it('X01: would take a redirect to a web page for Successful, and the page forbids it', async () => {
      const asking = { rollout: declared, token: '', url: await redirecting('/login') }
      expect(await measure(client, web, asking)).toMatchObject({ phase: 'Successful' })
      expect(pageOf('argo-rollouts.md')).toContain('**The web metric. Do not use it**')
      expect(pageOf('argo-rollouts.md')).not.toContain('web:')
    })
  })
})

it('has the address of the page', () => {
  expect(JSON.stringify(gateTemplate())).toContain(documentedUrl)
})
