import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences } from '../../../../src/kubernetes/manifest/differences.ts'
import { changed, container, drift, env, own, type Path } from './changing.ts'
import { asServed, manifestOfApp } from './small-app.ts'

describe('differences of the environment', () => {
  it.each<[string, Path, unknown, string]>([
    ['another value', [...env, 0], { name: 'LOG_LEVEL', value: 'debug' }, 'env[LOG_LEVEL]: info -> debug'],
    ['a value in the place of none', [...env, 2], { name: 'EMPTY', value: 'x' }, 'env[EMPTY]: "" -> x'],
    ['a variable that is gone', [...env, 1], undefined, 'env[PORT]: 8080 -> (absent)'],
    [
      'a variable that was added, without its value',
      [...env, 8],
      { name: 'DEBUG', value: 'hunter3' },
      'env[DEBUG]: (absent) -> (set)',
    ],
    [
      'another value of a secret, without showing it',
      [...env, 3],
      { name: 'API_TOKEN', value: 'hunter3' },
      'env[API_TOKEN]: (differs) -> (differs)',
    ],
    [
      'another URL with credentials, without showing it',
      [...env, 4],
      { name: 'UPSTREAM', value: 'http://x' },
      'env[UPSTREAM]: (differs) -> (differs)',
    ],
    [
      'credentials in the place of a harmless value, without showing them',
      [...env, 0],
      { name: 'LOG_LEVEL', value: 'redis://:hunter3@x' },
      'env[LOG_LEVEL]: (differs) -> (differs)',
    ],
    [
      'a value that looks made by a machine, without showing it',
      [...env, 0],
      { name: 'LOG_LEVEL', value: 'AKIA4hunter3Zx9QwErTy' },
      'env[LOG_LEVEL]: (differs) -> (differs)',
    ],
    [
      'another key of a Secret',
      [...env, 5, 'valueFrom', 'secretKeyRef', 'key'],
      'other',
      'env[DATABASE_URL]: key databaseUrl of Secret runtime -> key other of Secret runtime',
    ],
    [
      'text in the place of a key of a Secret, without showing it',
      [...env, 5],
      { name: 'DATABASE_URL', value: 'hunter3' },
      'env[DATABASE_URL]: key databaseUrl of Secret runtime -> plain text',
    ],
    [
      'a key of a Secret in the place of text',
      [...env, 0],
      { name: 'LOG_LEVEL', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
      'env[LOG_LEVEL]: info -> key b of Secret a',
    ],
    [
      'another field',
      [...env, 6, 'valueFrom', 'fieldRef', 'fieldPath'],
      'metadata.name',
      'env[NODE]: field spec.nodeName -> field metadata.name',
    ],
    [
      'another divisor',
      [...env, 7, 'valueFrom', 'resourceFieldRef', 'divisor'],
      '1m',
      'env[CPUS]: limits.cpu -> limits.cpu by 1m',
    ],
    [
      'a source of many variables that was added',
      [...container, 'envFrom', 1],
      { secretRef: { name: 'a' } },
      'envFrom: 1 entries -> 2 entries',
    ],
    [
      'another source of many variables',
      [...container, 'envFrom', 0, 'configMapRef', 'name'],
      'other',
      'envFrom[0].configMapRef.name: settings -> other',
    ],
  ])('finds in the environment %s', (_, path, value, expected) => {
    expect(drift(path, value)).toEqual([`containers[app].${expected}`])
  })

  it('finds a key of a Secret that became optional', () => {
    expect(drift([...env, 5, 'valueFrom', 'secretKeyRef', 'optional'], true)).toEqual([
      'containers[app].env[DATABASE_URL]: key databaseUrl of Secret runtime -> optional key databaseUrl of Secret runtime',
    ])
  })

  it('does not take text for the reference that it reads like', () => {
    const value = 'key databaseUrl of Secret runtime'
    expect(drift([...env, 5], { name: 'DATABASE_URL', value })).toHaveLength(1)
  })

  it('finds variables in a container that should have none', () => {
    const manifest = changed(manifestOfApp, env, undefined)
    expect(drift(env, [{ name: 'A', value: 'x' }], manifest)).toEqual([
      'containers[app].env[A]: (absent) -> (set)',
    ])
  })

  it('finds a header of a probe without showing it', () => {
    const path = [...container, 'readinessProbe', 'httpGet', 'httpHeaders', 0, 'value']
    expect(drift(path, 'hunter3')).toEqual([
      'containers[app].readinessProbe.httpGet.httpHeaders[0].value: (differs) -> (differs)',
    ])
  })

  it('shows no command that may hold a secret', () => {
    const manifest = changed(manifestOfApp, [...container, 'args'], ['--password', 'hunter2'])
    expect(drift([...container, 'args'], ['--password', 'hunter3'], manifest)).toEqual([
      'containers[app].args: (differs) -> (differs)',
    ])
  })

  it('never shows a value that only the live object has, nor one with a telling name', () => {
    const secrets = fc.stringMatching(/^hunter[0-9]{3}$/)
    const names = fc.constantFrom(
      'API_TOKEN',
      'DB_PASSWORD',
      'SECRET_STORE_KEK',
      'SENTRY_DSN',
      'accessKey',
      'NEW_NAME',
    )
    fc.assert(
      fc.property(names, secrets, secrets, (name, should, is) => {
        const isKnown = name !== 'NEW_NAME'
        const manifest = isKnown
          ? changed(manifestOfApp, [...env, 0], { name, value: should })
          : manifestOfApp
        const live = changed(asServed(manifest), [...env, isKnown ? 0 : 8], { name, value: is })
        expect(JSON.stringify(differences(manifest, live, own))).not.toMatch(/hunter/)
      }),
    )
  })
})
