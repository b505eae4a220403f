import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startClient, type ClientProgram } from '../support/clients/program.ts'
import { always, cleanUp, listen } from '../support/cli-process.ts'

// Argo Rollouts by its own code: argo-rollouts-1.8.3 and argo-rollouts-1.9.1 of test/clients.
const versions = ['1.8.3', '1.9.1']

const web = (url: string) => ({
  metadata: { name: 'web' },
  spec: {
    metrics: [
      {
        name: 'verdict',
        successCondition: 'result.verdict == "proceed"',
        failureCondition: 'result.verdict == "stop"',
        provider: { web: { url, jsonPath: '{$}' } },
      },
    ],
  },
})

describe.each(versions)('Argo Rollouts %s', (version) => {
  let client: ClientProgram
  beforeAll(() => {
    client = startClient(`argo-rollouts-${version}`)
  })
  afterEach(cleanUp)
  afterAll(() => client.end())

  it.each([
    ['{"verdict":"proceed"}', 'Successful'],
    ['{"verdict":"hold"}', 'Inconclusive'],
    ['<html>Log in</html>', 'Successful'],
    ['', 'Successful'],
    ['{"verdict":"hold"', 'Successful'],
    ['null', 'panic'],
  ])('X01: its web metric takes %j for %s, whatever the conditions say', async (body, phase) => {
    const { url } = await listen(always(200, body))
    expect(await client.ask({ template: web(url), args: {} })).toMatchObject({ phase })
  })
})
