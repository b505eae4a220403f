import { expect, test } from 'vitest'
import type { StreamSpec } from '../../../src/rules/platform.ts'
import { expectedGroups, selectGroups } from '../../../src/probes/redis-groups.ts'
import type { NamedGroup } from '../../../src/probes/redis-stream-info.ts'

const spec: StreamSpec = {
  name: 'caracal.sessions.revoke',
  groups: [
    { name: 'sts-revocation', policy: 'required' },
    { name: 'watcher', policy: 'observer' },
    { name: 'gateway-revocation:', policy: 'per-replica' },
  ],
}

function named(...names: readonly string[]): readonly NamedGroup[] {
  return names.map((name) => ({
    name,
    fields: new Map<string, unknown>([
      ['name', name],
      ['last-delivered-id', '0-0'],
      ['pel-count', 0],
      ['pending', []],
      ['consumers', []],
    ]),
  }))
}

const names = (selection: ReturnType<typeof selectGroups>) => selection.present.map(({ name }) => name)

test('required groups and those of known replicas are expected, observers are not', () => {
  expect(expectedGroups(spec, ['a', 'b'])).toEqual([
    'sts-revocation',
    'gateway-revocation:a',
    'gateway-revocation:b',
  ])
  const selection = selectGroups(spec, [], ['a'], () => true)
  expect(selection).toMatchObject({
    present: [],
    missing: ['sts-revocation', 'gateway-revocation:a'],
    living: 0,
  })
})

test('T23: an observer is present when it exists and never missing', () => {
  expect(names(selectGroups(spec, named('watcher', 'sts-revocation'), [], () => true))).toEqual([
    'sts-revocation',
    'watcher',
  ])
})

test('T27: the group that all replicas once shared is an orphan', () => {
  const groups = named(
    'gateway-revocation',
    'gateway-revocation:a',
    'gateway-revocation:b',
    'gateway-revocations',
  )
  expect(selectGroups(spec, groups, ['a'], () => true)).toMatchObject({ living: 1, orphans: 2 })
  const seen = selectGroups(
    spec,
    groups,
    [],
    ({ name }) => name.endsWith('b') || name === 'gateway-revocation',
  )
  expect(seen).toMatchObject({ living: 1, orphans: 2 })
  expect(names(seen)).toEqual(['gateway-revocation:b'])
})

test('a replica that was named twice counts once', () => {
  const groups = named('sts-revocation', 'gateway-revocation:a')
  expect(selectGroups(spec, groups, ['a', 'a'], () => true)).toMatchObject({
    living: 1,
    orphans: 0,
    missing: [],
  })
})

test('a group whose shape is not known proves neither life nor death', () => {
  const odd = [{ name: 'gateway-revocation:a', fields: new Map<string, unknown>() }]
  expect(selectGroups(spec, odd, [], () => false)).toMatchObject({ living: 1, orphans: 0 })
})
