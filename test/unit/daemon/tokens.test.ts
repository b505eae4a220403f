import { describe, expect, it } from 'vitest'
import { authorise, type Tokens } from '../../../src/daemon/tokens.ts'

const tokens: Tokens = {
  read: ['reader'],
  write: [
    { name: 'pipeline', token: 'p1', scopes: ['rollout', 'evidence'] },
    { name: 'operator', token: 'o1', scopes: ['acknowledge'] },
  ],
}

describe('a bearer token', () => {
  it('is needed to read only when some are configured; who may write may read', () => {
    expect(authorise({ write: [] }, 'read', undefined)).toEqual({ ok: true, token: 'anonymous' })
    expect(authorise(tokens, 'read', undefined)).toMatchObject({ ok: false, status: 401 })
    expect(authorise(tokens, 'read', 'Bearer reader')).toMatchObject({ ok: true })
    expect(authorise(tokens, 'read', 'Bearer p1')).toMatchObject({ ok: true })
    expect(authorise({ ...tokens, read: [] }, 'read', 'Bearer reader')).toMatchObject({ ok: false })
  })

  it('writes within its scopes, under its name', () => {
    expect(authorise(tokens, 'rollout', 'Bearer p1')).toEqual({ ok: true, token: 'pipeline' })
    expect(authorise(tokens, 'acknowledge', 'bearer  o1 ')).toEqual({ ok: true, token: 'operator' })
    const refused = authorise(tokens, 'acknowledge', 'Bearer p1')
    expect(refused).toEqual({ ok: false, status: 403, detail: 'the token pipeline has no scope acknowledge' })
  })

  it.each(['Bearer reader', 'Bearer p', 'Bearer p11', 'Bearer', 'Basic p1', 'p1', 'Bearer p1 x', ''])(
    'that is not known may not write: %s',
    (header) => {
      const refused = authorise(tokens, 'rollout', header)
      expect(refused).toMatchObject({ ok: false, status: 401 })
      expect(JSON.stringify(refused)).not.toContain('p1')
    },
  )

  it('cannot write at all where none is configured', () => {
    expect(authorise({ write: [] }, 'rollout', 'Bearer p1')).toMatchObject({ ok: false, status: 403 })
  })
})
