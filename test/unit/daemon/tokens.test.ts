import { describe, expect, it } from 'vitest'
import { authoriser, type Tokens } from '../../../src/daemon/tokens.ts'

const tokens: Tokens = {
  read: ['reader'],
  write: [
    { name: 'pipeline', token: 'p1', scopes: ['rollout', 'evidence'] },
    { name: 'operator', token: 'o1', scopes: ['acknowledge'] },
  ],
}

describe('a bearer token', () => {
  it('is needed to read only when some are configured', () => {
    expect(authoriser({ write: [] })('read', undefined)).toEqual({ ok: true, token: 'anonymous' })
    expect(authoriser(tokens)('read', undefined)).toMatchObject({ ok: false, status: 401 })
    expect(authoriser(tokens)('read', 'Bearer reader')).toMatchObject({ ok: true })
    expect(authoriser({ ...tokens, read: [] })('read', 'Bearer reader')).toMatchObject({ ok: false })
  })

  it('writes within its scopes, under its name', () => {
    expect(authoriser(tokens)('rollout', 'Bearer p1')).toEqual({ ok: true, token: 'pipeline' })
    expect(authoriser(tokens)('acknowledge', 'bearer  o1 ')).toEqual({ ok: true, token: 'operator' })
    const refused = authoriser(tokens)('acknowledge', 'Bearer p1')
    expect(refused).toEqual({ ok: false, status: 403, detail: 'the token pipeline has no scope acknowledge' })
  })

  it.each(['Bearer reader', 'Bearer p', 'Bearer p11', 'Bearer', 'Basic p1', 'p1', 'Bearer p1 x', ''])(
    'that is not known may not write: %s',
    (header) => {
      const refused = authoriser(tokens)('rollout', header)
      expect(refused).toMatchObject({ ok: false, status: 401 })
      expect(JSON.stringify(refused)).not.toContain('p1')
    },
  )

  it('cannot write at all where none is configured', () => {
    expect(authoriser({ write: [] })('rollout', 'Bearer p1')).toMatchObject({ ok: false, status: 403 })
  })

  it('X87: for writing follows a rollout, and reads nothing else', () => {
    expect(authoriser(tokens)('follow', 'Bearer p1')).toEqual({ ok: true, token: 'pipeline' })
    const refused = authoriser(tokens)('read', 'Bearer p1')
    expect(refused).toMatchObject({ ok: false, status: 403 })
    expect(refused).not.toHaveProperty('isGuess')
    const password = `Basic ${Buffer.from('me:p1').toString('base64')}`
    expect(authoriser(tokens)('follow', password)).toMatchObject({ ok: false, status: 401 })
  })

  it.each(['read', 'follow', 'rollout'] as const)(
    'X87: that is not known counts as a guess, and none at all does not, for %s',
    (kind) => {
      expect(authoriser(tokens)(kind, 'Bearer nonsense')).toMatchObject({ status: 401, isGuess: true })
      expect(authoriser(tokens)(kind, undefined)).not.toHaveProperty('isGuess')
    },
  )
})
