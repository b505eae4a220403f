import { afterEach, describe, expect, it } from 'vitest'
import { kargoStep, runKargoStep } from '../support/clients/kargo.ts'
import type { Asking } from '../support/clients/outcome.ts'
import { spoilt } from '../support/clients/recipe.ts'
import { verdictServer } from '../support/clients/verdict-server.ts'
import { always, cleanUp, listen } from '../support/cli-process.ts'

// A model of Kargo's step, with the expressions evaluated by the library that Kargo has: expr-1.17.8 of test/clients.

afterEach(cleanUp)

async function answering(status: number, body: string): Promise<Asking> {
  const { url } = await listen(always(status, body, { 'content-type': 'application/json' }))
  return { url, rollout: 'kargo/1.0.1', token: 'a-token', patience: 3 }
}

describe('the gate of Kargo', () => {
  const gate = kargoStep('gate')

  it.each([
    ['proceed', 'opens', 'Succeeded'],
    ['hold', 'waits', 'Running'],
    ['stop', 'fails', 'Failed'],
  ] as const)('on %s: %s', async (verdict, effect, detail) => {
    expect(await runKargoStep(gate, await verdictServer(verdict))).toEqual({ effect, detail })
  })

  const old = { kind: 'Envelope', verdict: 'proceed', expiresAt: '2026-01-01T00:00:00.000Z' }
  it.each([
    [200, '<html>Log in</html>', 'Running'],
    [200, '', 'Running'],
    [204, '', 'Running'],
    [200, '{}', 'Running'],
    [200, '{"verdict":"proceed"}', 'Running'],
    [200, JSON.stringify(old), 'Running'],
    [200, JSON.stringify({ ...old, expiresAt: undefined }), 'Errored'],
    [503, JSON.stringify({ ...old, expiresAt: '2999-01-01T00:00:00.000Z' }), 'Running'],
    [200, '[]', 'Errored'],
    [200, '"proceed"', 'Errored'],
    [200, 'null', 'Running'],
  ])('never opens on %i %s', async (status, body, detail) => {
    const outcome = await runKargoStep(gate, await answering(status, body))
    expect(outcome).toEqual({ effect: 'waits', detail: expect.stringContaining(detail) as string })
  })

  it('would open on a page without its expressions', async () => {
    const wrong = spoilt(spoilt(gate, ['config', 'successExpression']), ['config', 'failureExpression'])
    expect(await runKargoStep(wrong, await answering(200, '<html>Log in</html>'))).toMatchObject({
      effect: 'opens',
    })
  })
})

describe('the declaration of Kargo', () => {
  it.each([
    [201, '{"rollout":{"id":"kargo/1.0.1"}}', 'opens'],
    [200, '{"rollout":{"id":"kargo/1.0.0"}}', 'waits'],
    [200, '<html>Log in</html>', 'waits'],
    [409, '{"title":"another rollout is under way"}', 'fails'],
    [401, '', 'fails'],
    [503, '{}', 'waits'],
  ])('on %i %s: %s', async (status, body, effect) => {
    expect(await runKargoStep(kargoStep('begin'), await answering(status, body))).toMatchObject({ effect })
  })
})
