import { describe, expect, it } from 'vitest'
import { authoriser } from '../../../src/daemon/tokens.ts'
import type { Problem } from '../../../src/contract/problem.ts'
import { openForCommands } from './opening.ts'

const by = { actor: 'ada', reason: 'release 1.9' }
describe('a command that is refused', () => {
  it('R103: X87: tells an address only so often that its token is wrong, and takes a right one all the while', async () => {
    const { post, context } = await openForCommands({}, { wrongTokensPerMinute: 3 })
    const codes: number[] = []
    for (let turn = 0; turn < 5; turn++)
      codes.push(
        (await post('/acknowledgements', { stopCondition: 'sts-unready', ...by }, `Bearer ${turn}`))
          .statusCode,
      )
    expect(codes).toEqual([401, 401, 401, 429, 429])
    const limited = await post('/rollouts', { id: 'x', ...by }, 'Bearer wrong')
    expect(limited.headers['content-type']).toContain('application/problem+json')
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    for (let turn = 0; turn < 100; turn++)
      expect((await post('/acknowledgements', { stopCondition: 'sts-unready', ...by })).statusCode).toBe(201)
    expect(context.recorded).toHaveLength(100)
  })

  it('X87: counts wrong tokens for reading too', async () => {
    const tokens = { read: ['reader-0123456789'], write: [] }
    const { app } = await openForCommands({ authorise: authoriser(tokens) }, { wrongTokensPerMinute: 3 })
    const ask = async (token: string) =>
      (await app.inject({ url: '/config', headers: { authorization: `Bearer ${token}` } })).statusCode
    const codes: number[] = []
    for (let turn = 0; turn < 5; turn++) codes.push(await ask(`guess-${turn}`))
    expect(codes).toEqual([401, 401, 401, 429, 429])
    expect(await ask('reader-0123456789')).toBe(200)
  })

  it.each([
    ['an array', '['.repeat(32_000) + ']'.repeat(32_000)],
    ['an object', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
    [
      'a member',
      JSON.stringify({ id: 'x', ...by, images: {} }).replace('{}', '['.repeat(20) + ']'.repeat(20)),
    ],
  ])('X88: answers 400 for %s that is nested deeply', async (_, payload) => {
    const { app } = await openForCommands()
    const headers = { 'content-type': 'application/json', authorization: 'Bearer all' }
    const answer = await app.inject({ method: 'POST', url: '/rollouts', headers, payload })
    expect(answer.statusCode).toBe(400)
    expect(answer.json<Problem>().detail).toContain('nested deeper than 16 levels')
  })

  it.each([
    '.',
    '..',
    '../x',
    'a/../b',
    'a//b',
    '/a',
    'a/',
    'a b',
    'a\u0000b',
    'a\nb',
    '\ud800',
    'ü',
    'a%2F',
    'a?b',
    '',
    'x'.repeat(201),
  ])('X88: refuses a rollout called %j', async (id) => {
    const { context, post } = await openForCommands()
    const answer = await post('/rollouts', { id, ...by })
    expect(answer.statusCode).toBe(400)
    expect(answer.json<Problem>().faults).toMatchObject([{ parameter: 'id' }])
    expect(context.recorded).toEqual([])
  })

  it.each([
    'caracal/48',
    'caracal-r48',
    'release_1.2.3+build',
    'argocd/v1@abc',
    'a~b:c=d,e',
    'X'.repeat(200),
  ])('X88: takes a rollout called %j', async (id) => {
    const { post } = await openForCommands()
    expect((await post('/rollouts', { id, ...by })).statusCode).toBe(201)
  })
})
