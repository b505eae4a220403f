import { describe, expect, it } from 'vitest'
import { readParameters } from '../../../src/contract/parameters.ts'

const all = [
  'image',
  'digest',
  'revision',
  'chart',
  'appVersion',
  'wait',
  'index',
  'until',
  'steady',
  'maxAge',
  'rollout',
  'hold',
]

describe('the parameters of a request', () => {
  it('reads every one of them', () => {
    const query = {
      wait: '25s',
      index: 'k7f2.4',
      until: 'stop,proceed',
      steady: '5m',
      maxAge: '1500ms',
      rollout: 'caracal/47',
      hold: '503',
    }
    expect(readParameters(query, all)).toEqual({
      wait: 25_000,
      index: 'k7f2.4',
      until: ['proceed', 'stop'],
      demands: { steady: 300_000, maxAge: 1_500, rollout: 'caracal/47' },
      hold: 503,
    })
  })

  it('takes a bare number for seconds', () => {
    expect(readParameters({ steady: '300' }, all)).toEqual({ demands: { steady: 300_000 } })
  })

  it('waits half a minute for a verdict when nobody says how long', () => {
    expect(readParameters({ until: 'proceed' }, all)).toMatchObject({ wait: 30_000 })
  })

  it.each([
    ['wait', '61s'],
    ['wait', '-1s'],
    ['wait', '1.5s'],
    ['wait', ''],
    ['steady', '25h'],
    ['steady', 'long'],
    ['maxAge', '1d'],
    ['until', 'maybe'],
    ['until', ''],
    ['until', 'proceed,'],
    ['rollout', ''],
    ['index', 'a b'],
    ['hold', '200'],
  ])('refuses %s=%s and says what is allowed', (parameter, value) => {
    expect(readParameters({ [parameter]: value }, all)).toEqual([
      { parameter, value, allowed: expect.stringMatching(/./) as string },
    ])
  })

  it('refuses a name it does not know: a demand with a typing error must not go unheard', () => {
    expect(readParameters({ stedy: '300s' }, all)).toMatchObject([{ parameter: 'stedy', value: '300s' }])
  })

  it('refuses a parameter that another route takes', () => {
    expect(readParameters({ hold: '503' }, ['wait'])).toMatchObject([{ allowed: 'only the parameters wait' }])
  })

  it('refuses what stands twice, and reports all faults at once', () => {
    expect(readParameters({ steady: ['1s', '9m'], wait: 'x' }, all)).toMatchObject([
      { parameter: 'steady', value: '["1s","9m"]' },
      { parameter: 'wait', value: 'x' },
    ])
  })

  it('X03: reads what must have arrived, several of it in one request', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const query = {
      image: ['sts=sts:1,api=r.example:5000/api:1'],
      digest: `api=${digest}`,
      revision: '48',
    }
    expect(readParameters(query, all)).toEqual({
      demands: {
        expected: {
          images: { api: 'r.example:5000/api:1', sts: 'sts:1' },
          digests: { api: [digest] },
          revision: '48',
        },
      },
    })
  })

  it.each<[string, Record<string, unknown>, readonly string[]]>([
    [
      'what is wrong of it at once, with the rest',
      { image: ['api=api', 'x=y:1'], digest: 'api=1', wait: 'x' },
      ['wait', 'image', 'image', 'digest'],
    ],
    ['a revision that stands twice', { revision: ['47', '48'] }, ['revision']],
    ['an image that is no text', { image: [{ api: 'api:1' }] }, ['image']],
    ['nothing', { image: '' }, ['image']],
  ])('X03: refuses %s', (_, query, parameters) => {
    const read = readParameters(query, all)
    expect(Array.isArray(read) ? read.map(({ parameter }) => parameter) : []).toEqual(parameters)
  })

  it('X03: refuses what must have arrived where it is not heard', () => {
    expect(readParameters({ image: 'api=api:1' }, ['rollout'])).toMatchObject([{ parameter: 'image' }])
  })

  it('knows no parameter by the name of a member of every object', () => {
    expect(readParameters({ constructor: 'x' }, all)).toHaveLength(1)
  })
})
