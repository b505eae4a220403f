import { describe, expect, it } from 'vitest'
import { helmWords, isTooOld } from '../../../src/cli/helm.ts'
import { isToMask, maskFor } from '../../../src/cli/masking.ts'
import { valueTexts } from '../../../src/kubernetes/manifest/values.ts'

describe('the words of helm', () => {
  it('are its errors with what is indented below, on one line', () => {
    const stdout =
      '==> Linting c\n[INFO] icon is recommended\n[ERROR] templates/: c/a.yaml:1\n  executing at <.x>:\n    nil\n\nnext\n'
    expect(helmWords(stdout, 'Error: 1 chart(s) linted, 1 chart(s) failed\n')).toBe(
      '[ERROR] templates/: c/a.yaml:1 executing at <.x>: nil',
    )
    expect(helmWords('', 'level=INFO msg="x"\nError: execution error\n\nUse --debug flag\n')).toBe(
      'Error: execution error',
    )
  })

  it('are its warnings where there is no error, and the first lines where there is neither', () => {
    expect(helmWords('[INFO] a\n[WARNING] b\n', 'Error: 1 chart(s) linted, 1 chart(s) failed')).toBe(
      '[WARNING] b',
    )
    expect(helmWords('\n\none\ntwo\nthree\nfour\nfive', '')).toBe('one two three four')
  })

  it('tell a helm that does not know what it was asked', () => {
    expect(isTooOld('Error: unknown flag: --is-upgrade')).toBe(true)
    expect(isTooOld('Error: the chart says unknown flag')).toBe(false)
  })
})

describe('a mask', () => {
  const mask = maskFor(['hunter2@', 'line one\nline two', '12345', '123456', 'abc', 'caracal'], ['caracal'])

  it.each([
    ['as it is', 'it is hunter2@', 'it is ***'],
    ['in base64', `it is ${btoa('hunter2@')}`, 'it is ***='],
    ['in a URL', 'redis://x:hunter2%40@y', 'redis://x:***@y'],
    ['line by line', 'got line two', 'got ***'],
    ['cut off by Go', 'cannot unmarshal !!str `hunter...` into int', 'cannot unmarshal !!str *** into int'],
    ['a long number', 'port 123456', 'port ***'],
  ])('takes out a value %s', (_, text, expected) => {
    expect(mask(text)).toBe(expected)
  })

  it.each(['port 12345', 'abc', 'caracal/templates/a.yaml'])('leaves %s, which is no secret', (text) => {
    expect(mask(text)).toBe(text)
  })

  it('takes out quotes as programs write them', () => {
    expect(maskFor(['a"b\\c'], [])('is "a\\"b\\\\c"')).toBe('is "***"')
  })

  it('takes out the longer of two values, of which one stands in the other', () => {
    expect(maskFor(['secret', 'secret-more'], [])('secret-more')).toBe('***')
  })
})

describe('X68: what is masked', () => {
  it.each<[keys: string, value: string]>([
    ['secrets.create', 'true'],
    ['secrets.create', 'No'],
    ['global.environment', 'production'],
    ['service.type', 'ClusterIP'],
    ['image.pullPolicy', 'IfNotPresent'],
    ['replicas', '300000'],
    ['resources.memory', '1024Mi'],
    ['postgres.timeout', '2500ms'],
    ['redis.existingSecret', 'caracal-redis'],
    ['postgres.auth.secretName', 'caracal-postgres'],
  ])('is not %s=%s', (keys, value) => {
    expect(isToMask(keys.split('.'), value)).toBe(false)
  })

  it.each<[keys: string, value: string]>([
    ['postgres.password', 'production'],
    ['postgres.password', '123456'],
    ['secrets.data.pin', 'correct'],
    ['redis.auth', 'hunter'],
    ['signingKey', 'abcdefgh'],
    ['env.value.DB_PASSWORD', 'staging'],
    ['redis.url', 'redis://:hunter@cache'],
    ['motd', 'correct horse battery'],
    ['license', 'A1b2C3d4'],
    ['existingSecret', 'Hunter2-and-more'],
  ])('is %s=%s', (keys, value) => {
    expect(isToMask(keys.split('.'), value)).toBe(true)
  })

  it('is found in a file by the keys above a value, and by the name beside it', () => {
    const text = [
      'secrets: { create: true, mode: generated }',
      'env: [{ name: DB_PASSWORD, value: staging }, { name: MODE, value: production }]',
      'replicas: 300000',
      'banner: "production only"',
    ].join('\n')
    expect(valueTexts(text, isToMask)).toEqual(['generated', 'staging', 'production only'])
    const mask = maskFor(valueTexts(text, isToMask) ?? [], [])
    expect(mask('secrets.create=true: production deployments must set 300000, not staging')).toBe(
      'secrets.create=true: production deployments must set 300000, not ***',
    )
  })

  it('is never yes or no, whoever asks for it', () => {
    expect(maskFor(['true', 'False', 'none'], [])('secrets.create=true is none of False')).toBe(
      'secrets.create=true is none of False',
    )
  })
})

describe('the values of a file', () => {
  it('are all scalars, however deep and however written, and no key', () => {
    const texts =
      valueTexts('a: one\nb: [two, {c: "th\\tree"}]\nd: 0x1F\ne: true\nf: ~\ng: &x five\nh: *x\n') ?? []
    expect([...texts].toSorted()).toEqual(['0x1F', '31', 'five', 'one', 'th\tree', 'two'].toSorted())
  })

  it.each([['a: [1, secret'], ['a: 1\na: 2'], ['x'.repeat(2 ** 20 + 1)]])('are not known of %#', (text) => {
    expect(valueTexts(text)).toBeUndefined()
  })
})
