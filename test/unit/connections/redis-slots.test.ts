import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RedisFault } from '../../../src/connections/redis-unavailable.ts'
import { addressOf, homeOf, redirectionIn, slotsIn } from '../../../src/connections/redis-cluster.ts'

const asked = { host: 'asked', port: 7000 }

function reply(message: string): readonly [Error, null] {
  return [Object.assign(new Error(message), { name: 'ReplyError' }), null]
}

describe('X82: what a cluster says of its slots', () => {
  test('X82: ranges are decoded; of a node without a host it is the one that was asked', () => {
    const value = [
      [0, 8191, ['10.0.0.1', 6379, 'id-a', []], ['10.0.0.3', 6379, 'id-c', []]],
      [8192, 16383, ['', 6380, 'id-b', []]],
    ]
    expect(slotsIn(value, asked)).toEqual([
      { from: 0, to: 8191, primary: { host: '10.0.0.1', port: 6379 } },
      { from: 8192, to: 16383, primary: { host: 'asked', port: 6380 } },
    ])
  })

  test.each([
    ['null', null],
    ['a text', 'OK'],
    ['a range that is none', [null]],
    ['a range without a node', [[0, 1]]],
    ['a slot beyond the last', [[0, 1_000_000_000, ['a', 1]]]],
    ['a range from back to front', [[2, 1, ['a', 1]]]],
    ['a slot that is a text', [['0', 1, ['a', 1]]]],
    ['a host that is none', [[0, 1, ['a b', 1]]]],
    ['a host that is a list', [[0, 1, [['a'], 1]]]],
    ['a port that is none', [[0, 1, ['a', 0]]]],
    ['more ranges than slots', Array.from({ length: 16_385 }, () => [0, 1, ['a', 1]])],
  ])('X82: %s is refused', (_, value) => {
    expect(() => slotsIn(value, asked)).toThrow(RedisFault)
  })

  test('X82: no value at all makes it throw anything else', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 5 }), (value) => {
        try {
          for (const { primary } of slotsIn(value, asked))
            expect(addressOf(primary.host, primary.port)).toEqual(primary)
        } catch (fault) {
          expect(fault).toBeInstanceOf(RedisFault)
        }
      }),
      { seed: 82, numRuns: 500 },
    )
  })
})

describe('who answers a command', () => {
  const served = [
    { from: 0, to: 8191, primary: { host: 'low', port: 1 } },
    { from: 8192, to: 16_000, primary: { host: 'high', port: 2 } },
  ]

  test.each([
    [['TIME'], 'low'],
    [['XINFO', 'STREAM', '{a}'], 'high'],
    [['XRANGE', '{a}', '(1-1', '+', 'COUNT', '1'], 'high'],
    [['XINFO', 'STREAM', '{b}'], 'low'],
    [['XPENDING', '{b}', 'group', '-', '+', '1'], 'low'],
  ] as const)('%j goes to %s', (command, host) => {
    expect(homeOf(command, served)?.host).toBe(host)
  })

  test('of a slot that no node serves there is none', () => {
    expect(homeOf(['XINFO', 'STREAM', '{a}'], [])).toBeUndefined()
  })

  test.each([
    ['MOVED 15495 10.0.0.2:7001', { asking: false, address: { host: '10.0.0.2', port: 7001 } }],
    ['ASK 15495 node-b:7001', { asking: true, address: { host: 'node-b', port: 7001 } }],
    ['MOVED __proto__ a:1', undefined],
    ['MOVED 1 a:99999', undefined],
    ['ERR MOVED 1 a:1', undefined],
  ])('%s', (message, wanted) => {
    expect(redirectionIn(reply(message))).toEqual(wanted)
  })
})
