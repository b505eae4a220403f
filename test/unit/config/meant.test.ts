import { describe, expect, it } from 'vitest'
import { meantBy } from '../../../src/config/meant.ts'
import { faultsOf, minimal, sources, withLines } from './loading.ts'
import { loadConfig } from '../../../src/config/load.ts'

describe('what was meant', () => {
  it.each([
    [60, 'a number', '60s'],
    ['90', 'a number in quotes', '90s'],
    [30_000, 'a number of milliseconds', '30000ms'],
    ['30 s', 'a blank', '30s'],
    ['5min', 'another unit', '5m'],
    ['1.5h', 'a fraction', '1h30m'],
    ['2 days', 'days', '48h'],
  ])('by a duration of %j is found (%s)', (value, _, meant) => {
    expect(meantBy({ 'x-kind': 'duration' }, value)).toBe(meant)
  })

  it.each([
    [512, '512MiB'],
    ['512M', '512MiB'],
    ['2gb', '2GiB'],
    [536_870_912, '536870912B'],
  ])('by a size of %j is %s', (value, meant) => {
    expect(meantBy({ 'x-kind': 'size' }, value)).toBe(meant)
  })

  it.each([
    [80, '0.8'],
    ['92.5%', '0.925'],
    ['80 %', '0.8'],
    ['0.8', '0.8'],
  ])('by a share of %j is %s', (value, meant) => {
    expect(meantBy({ type: 'number', maximum: 1 }, value)).toBe(meant)
  })

  it.each([
    [{ 'x-kind': 'duration' }, '99999h'],
    [{ 'x-kind': 'duration' }, 'soon'],
    [{ 'x-kind': 'size' }, '512KiB'],
    [{ 'x-kind': 'size' }, '5 apples'],
    [{ type: 'number', maximum: 1 }, 1.5],
    [{ type: 'number', maximum: 1 }, 0],
    [{ type: 'number', maximum: 1 }, '1000%'],
    [{ type: 'string' }, '60'],
    [{ 'x-kind': 'duration' }, null],
  ])('in %j by %j is not guessed', (node, value) => {
    expect(meantBy(node, value)).toBeUndefined()
  })

  it('is said beside what is wrong', async () => {
    expect(await faultsOf({ yaml: withLines('rollout: { steady: 60 }\n') })).toEqual([
      expect.stringMatching(/: rollout\.steady is 60 \(did you mean 60s\?\); allowed: a duration like/),
    ])
  })
})

describe('a configuration whose syntax alone is checked', () => {
  const files = `http: { readTokens: [{ file: /a }, { env: B }], tls: { certFile: /c, keyFile: /k } }
tokens:
  - { name: a, token: { file: /t1 }, scopes: [rollout] }
  - { name: b, token: { env: T2 }, scopes: [rollout] }
`

  it('refers to nothing that must be there', async () => {
    const given = sources({ yaml: withLines(files) })
    const readFile: typeof given.readFile = (path) =>
      path === given.file ? given.readFile(path) : Promise.reject(new Error(`read ${path}`))
    const { shown } = await loadConfig({ ...given, readFile, syntaxOnly: true })
    expect(JSON.stringify(shown)).toContain('<redacted>')
    await expect(loadConfig(given)).rejects.toThrow('/t1')
  })

  it('has all its other faults', async () => {
    const given = sources({ yaml: `${files}release: 7\n${minimal.replace('redis:', 'radis:')}` })
    await expect(loadConfig({ ...given, syntaxOnly: true })).rejects.toThrow(
      /release is 7(.|\n)*radis is not known|radis is not known(.|\n)*release is 7/,
    )
  })
})
