import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearest } from '../../../src/core/distance.ts'
import { durationOf, durationText } from '../../../src/core/duration.ts'
import { hostPortOf, hostPortText } from '../../../src/config/units.ts'
import { sizeOf, sizeText } from '../../../src/config/units.ts'

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1h2m3s4ms', 3_723_004],
    ['0s', 0],
    ['90s', 90_000],
  ])('%s is %d milliseconds', (text, span) => {
    expect(durationOf(text)).toBe(span)
  })

  it.each(['', '5', '1.5s', '-1s', '1s1m', '5 m', '5M', 'm', '1d', '5m5m', 'Infinity', '1e3s'])(
    '%j is none',
    (text) => {
      expect(durationOf(text)).toBeUndefined()
    },
  )

  it('are written so that they are read back', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000_000), (span) => {
        expect(durationOf(durationText(span))).toBe(span)
      }),
    )
  })
})

describe('sizes', () => {
  it('are powers of 1024', () => {
    expect([sizeOf('1B'), sizeOf('2KiB'), sizeOf('512MiB'), sizeOf('1GiB')]).toEqual([
      1, 2_048, 536_870_912, 1_073_741_824,
    ])
    expect(['512', '512M', '512mb', '1.5GiB', '-1B', ''].map(sizeOf)).toEqual(Array(6).fill(undefined))
  })

  it('are written so that they are read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (bytes) => {
        expect(sizeOf(sizeText(bytes))).toBe(bytes)
      }),
    )
    expect(sizeText(536_870_912)).toBe('512MiB')
  })
})

describe('addresses', () => {
  it.each([
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['[::1]:9465', { host: '::1', port: 9465 }],
    [':0', { host: '::', port: 0 }],
  ])('%s is read', (text, address) => {
    expect(hostPortOf(text)).toEqual(address)
    expect(hostPortOf(hostPortText(address))).toEqual(address)
  })

  it.each(['localhost', '::1:80', 'h:65536', 'h:', 'u@h:1', 'h:1/x'])('%j is none', (text) => {
    expect(hostPortOf(text)).toBeUndefined()
  })
})

describe('a suggestion', () => {
  const names = ['redis.url', 'redis.username', 'postgres.url', 'log.level']

  it.each([
    ['redis.ulr', 'redis.url'],
    ['Redis.URL', 'redis.url'],
    ['postgres.uri', 'postgres.url'],
    ['log', 'log.level'],
  ])('for %s is %s', (word, name) => {
    expect(nearest(word, names)).toBe(name)
  })

  it('is not made for what resembles nothing', () => {
    expect(nearest('kafka.brokers', names)).toBeUndefined()
    expect(nearest('x'.repeat(100_000), names)).toBeUndefined()
  })
})
