import { describe, expect, it } from 'vitest'
import { canBeOne, readImage, readImageId } from '../../../src/core/image.ts'

const digest = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`

describe('a reference to an image', () => {
  it.each([
    ['api:1.9.1', { name: 'api', tag: '1.9.1' }],
    ['api', { name: 'api' }],
    ['docker.io/library/api:1', { name: 'api', tag: '1' }],
    ['ghcr.io/acme/caracal-api:1.9.1', { name: 'caracal-api', tag: '1.9.1' }],
    ['registry.example:5000/api', { name: 'api' }],
    ['localhost:5000/a/b/api:v2', { name: 'api', tag: 'v2' }],
    ['[fd00::1]:5000/api:v2', { name: 'api', tag: 'v2' }],
    [`ghcr.io/acme/api@${digest}`, { name: 'api', digest }],
    [`r.example:5000/acme/api:1.9.1@${digest}`, { name: 'api', tag: '1.9.1', digest }],
  ])('X03: %s is read with the port of its registry apart from its tag', (text, expected) => {
    expect(readImage(text)).toEqual(expected)
  })

  it.each([
    '',
    ':1.9.1',
    'api:',
    'api@sha256:00',
    `api@sha256:${'A'.repeat(64)}`,
    'API:1',
    'https://ghcr.io/api:1',
    'ghcr.io//api:1',
    'api:1 ',
    'api:1\n',
    `api:${'x'.repeat(129)}`,
    `${'a/'.repeat(200)}api:1`,
  ])('X03: %j is none', (text) => {
    expect(readImage(text)).toBeUndefined()
  })

  it('X03: can mean the same as one of a mirror, or one that a digest was added to, and no other', () => {
    const told = { name: 'api', tag: '1' }
    expect(canBeOne(told, { name: 'api', tag: '1', digest })).toBe(true)
    expect(canBeOne(told, { name: 'api', digest })).toBe(true)
    expect(canBeOne({ name: 'api', digest }, { name: 'api', digest: other })).toBe(false)
    expect(canBeOne(told, { name: 'api', tag: '2' })).toBe(false)
    expect(canBeOne(told, { name: 'sts', tag: '1' })).toBe(false)
  })
})

describe('what a container status reports', () => {
  it.each([
    [`docker-pullable://ghcr.io/acme/api@${digest}`, { kind: 'content', digest }],
    [`ghcr.io:443/acme/api@${digest}`, { kind: 'content', digest }],
    [digest, { kind: 'configuration', digest }],
    [`docker://${digest}`, { kind: 'configuration', digest }],
    ['', undefined],
    ['ghcr.io/acme/api:1.9.1', undefined],
    [`x${digest}`, undefined],
  ])('X03: %s', (text, expected) => {
    expect(readImageId(text)).toEqual(expected)
  })
})
