import { describe, expect, it } from 'vitest'
import {
  allExpected,
  contradictionsIn,
  inExpectedWords,
  readExpected,
  saysMore,
  type ExpectedWords,
} from '../../../src/core/expected.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`

describe('what must arrive', () => {
  it('X03: is read in one form, whatever the order, and written as it was said', () => {
    const words = {
      image: ['sts=r.example:5000/sts:2', 'api/proxy=envoy:1', 'api=api:1'],
      digest: [`api=${digest('b')}`, `api=${digest('a')}`],
      revision: '48',
      chart: 'caracal-1.9.1+build.7',
      appVersion: '1.9.1',
    }
    const { expected, faults } = readExpected(words)
    expect(faults).toEqual([])
    const turned = { ...words, image: words.image.toReversed(), digest: words.digest.toReversed() }
    expect(JSON.stringify(readExpected(turned).expected)).toBe(JSON.stringify(expected))
    expect(readExpected(inExpectedWords(expected ?? {})).expected).toEqual(expected)
    expect(readExpected({})).toEqual({ faults: [] })
  })

  it.each<[string, ExpectedWords, string]>([
    ['an image without a tag or digest', { image: ['api=ghcr.io/acme/api'] }, 'a tag or a digest'],
    ['a registry with a port and no tag', { image: ['api=localhost:5000/api'] }, 'a tag or a digest'],
    ['a component that nobody knows', { image: ['apo=api:1'] }, 'api, sts, gateway, audit, coordinator, web'],
    [
      'a component that nobody knows, with a digest',
      { digest: [`apo=${digest('a')}`] },
      'components are api',
    ],
    ['no subject', { image: ['api:1'] }, 'SUBJECT=REFERENCE'],
    ['no reference', { image: ['api=API:1'] }, 'SUBJECT=REFERENCE'],
    ['a container that is none', { image: ['api/Proxy_1=envoy:1'] }, 'COMPONENT/CONTAINER'],
    ['two images of one subject', { image: ['api=api:1', 'api=api:2'] }, 'api:1 was given before'],
    ['a short digest', { digest: ['api=sha256:00'] }, '64 hexadecimal'],
    ['a digest in capitals', { digest: [`api=${digest('A')}`] }, 'lower case'],
    ['a digest of another kind', { digest: [`api=sha512:${'a'.repeat(128)}`] }, 'sha256'],
    [
      'a digest that the image speaks against',
      { image: [`api=api:1@${digest('a')}`], digest: [`api=${digest('b')}`] },
      'the digest of the image of api among them',
    ],
    ['a revision that is none', { revision: 'f913b6c' }, 'whole number'],
    ['a revision of nothing', { revision: '0' }, 'whole number'],
    ['a chart with a space', { chart: 'caracal 1.9.1' }, 'caracal-1.9.1'],
    ['an empty application version', { appVersion: '' }, '1 to 200'],
  ])('X03: refuses %s, and says what is allowed', (_, words, allowed) => {
    const { faults } = readExpected(words)
    expect(faults).toHaveLength(1)
    expect(faults[0]?.allowed).toContain(allowed)
  })

  it('X03: tells all faults at once, and bounds how much is said', () => {
    const { faults } = readExpected({ image: ['x', 'api=api'], digest: ['y'], revision: 'z', chart: '' })
    expect(faults.map(({ field }) => field)).toEqual(['image', 'image', 'digest', 'revision', 'chart'])
    const many = Array.from({ length: 41 }, (_, index) => `api/c${index}=a:1`)
    expect(readExpected({ image: many }).faults).toHaveLength(1)
  })

  it('X03: is added to, and never changed', () => {
    const first = { images: { api: 'api:1' }, revision: '48' }
    expect(contradictionsIn([first], { images: { api: 'api:2' }, revision: '48' })).toEqual([
      'image of api was declared as api:1',
    ])
    expect(contradictionsIn([first], { images: { sts: 'sts:1' } })).toEqual([])
    expect(saysMore([first], { revision: '48' })).toBe(false)
    expect(saysMore([first], { chart: 'caracal-1.9.1' })).toBe(true)
    const second = { chart: 'caracal-1.9.1' }
    expect(allExpected([first], [second, first])).toEqual(allExpected([second], [first]))
  })
})
