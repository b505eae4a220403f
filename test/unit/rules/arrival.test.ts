import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrivalOf } from '../../../src/rules/arrival.ts'
import * as signals from '../../../src/rules/signals.ts'
import type { Expected } from '../../../src/core/expected.ts'
import type { Finding } from '../../../src/core/finding.ts'
import { movedOf } from '../../../src/core/rollout.ts'
import { read, type Reading } from '../../../src/core/signal.ts'
import { containerOf, runningDigest } from './cluster-world.ts'
import { remembering } from './judging.ts'
import { evidenceIn, healthyWorld, type World } from './platform-world.ts'
import { place } from './place.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
type Given = Readonly<Record<string, string>>

/** A cluster that shows three replicas of one component, as told. */
function world(containers: readonly Reading[], desired = 3): World {
  return [
    place('workloads', 'kubernetes', {}, [
      read(signals.workloadDesired, { component: 'api' }, desired),
      ...containers,
    ]),
  ]
}

const replicas = (...given: readonly Given[]): readonly Reading[] =>
  given.map((labels, index) => containerOf('api', `api-${index}`, labels))
const three = (given: Given) => replicas(given, given, given)

const moved = remembering({ [movedOf('api')]: 1 }, 'rolling')
const unmoved = remembering({}, 'preflight')

function found(expected: Expected, seen: World, memory = moved): Finding | undefined {
  return arrivalOf(expected, evidenceIn(seen), memory)[0]
}
const said = (expected: Expected, seen: World, memory = moved) => {
  const { answer, reason, observed } = found(expected, seen, memory) ?? {}
  return `${answer} ${reason} ${observed?.value ?? '-'}`
}

const tag = { images: { api: 'ghcr.io/acme/api:1.9.1' } }
const content = { digests: { api: [digest('a'), digest('b')] } }
const newest = { tag: '1.9.1', reported: digest('a') }
const old = { ...newest, revision: 'other', tag: '1.9.0', reported: digest('0') }

describe('what was declared', () => {
  it.each<[string, Expected, readonly Reading[], string]>([
    ['runs everywhere', tag, three(newest), 'met ok 3'],
    ['runs everywhere by one of its digests', content, three({ reported: digest('b') }), 'met ok 3'],
    ['runs in a part of them', tag, replicas(newest, old, old), 'unmet not_arrived 1'],
    [
      'runs beside pods of the revision before',
      tag,
      [...three(newest), containerOf('api', 'x', old)],
      'unmet not_arrived 3',
    ],
    ['runs in fewer than there should be', tag, replicas(newest, newest), 'unmet not_arrived 2'],
    ['is nowhere yet', tag, three(old), 'unmet not_arrived 0'],
    [
      'is to run and does not yet',
      tag,
      [...replicas(newest, newest), containerOf('api', 'api-2', { ...newest, reported: '' }, 0)],
      'unmet not_arrived 2',
    ],
    [
      'crashes in one',
      tag,
      [...replicas(newest, newest), containerOf('api', 'api-2', newest, 0)],
      'unmet not_arrived 2',
    ],
    ['is another tag', tag, three({ ...newest, tag: '1.9.2' }), 'unmet arrived_otherwise 0'],
    ['is another image', tag, three({ ...newest, image: 'sts' }), 'unmet arrived_otherwise 0'],
    ['is another digest', content, three({ ...newest, reported: digest('c') }), 'unmet arrived_otherwise 0'],
    [
      'is another digest under the right tag',
      { ...tag, ...content },
      three({ ...newest, reported: digest('c') }),
      'unmet arrived_otherwise 0',
    ],
    [
      'is another tag with the right digest',
      { ...tag, ...content },
      three({ ...newest, tag: '9' }),
      'met ok 3',
    ],
    [
      'was pushed anew for one',
      tag,
      replicas(newest, newest, { ...newest, reported: digest('c') }),
      'unmet arrived_otherwise 3',
    ],
    [
      'was pulled by several digests that were all declared',
      content,
      replicas(newest, newest, { ...newest, reported: digest('b') }),
      'met ok 3',
    ],
    ['comes from a mirror', { images: { api: 'ghcr.io/acme/api:1.9.1' } }, three(newest), 'met ok 3'],
    [
      'is meant as latest and asked for so',
      { images: { api: 'api:latest' } },
      three({ ...newest, tag: 'latest' }),
      'met ok 3',
    ],
    [
      'is asked for by digest alone, so that no tag shows',
      tag,
      three({ ...newest, tag: '', digest: digest('a') }),
      'unknown tag_not_comparable -',
    ],
    [
      'is asked for by the digest of an index',
      { images: { api: `ghcr.io/acme/api@${digest('a')}` } },
      three({ tag: '', digest: digest('a'), template_digest: digest('a'), reported: digest('9') }),
      'met ok 3',
    ],
    [
      'was put into the pod by hand by its digest, over another template',
      content,
      three({ digest: digest('a'), template_digest: digest('c'), reported: digest('c') }),
      'unmet arrived_otherwise 0',
    ],
    [
      'was changed in the pod by hand',
      tag,
      three({ ...newest, revision: 'changed' }),
      'unmet arrived_otherwise 0',
    ],
    [
      'reports an id that no registry knows',
      content,
      three({ ...newest, reported: digest('c'), reported_as: 'configuration' }),
      'unknown digest_not_reported -',
    ],
    [
      'reports its own id, which was declared',
      content,
      three({ ...newest, reported_as: 'configuration' }),
      'met ok 3',
    ],
    [
      'reports nothing',
      tag,
      three({ ...newest, reported: '', reported_as: '' }),
      'unknown digest_not_reported -',
    ],
    [
      'reports ids that cannot be compared',
      tag,
      replicas(newest, newest, { ...newest, reported_as: 'configuration' }),
      'unknown digests_not_comparable -',
    ],
  ])('X03: R110: %s', (_, expected, containers, result) => {
    expect(said(expected, world(containers))).toBe(result)
  })

  it('X03: R111: is not there while nothing has changed, and something else is once something did', () => {
    const before = world(three({ ...newest, tag: '100' }))
    expect(said(tag, before, unmoved)).toBe('unmet not_arrived 0')
    expect(said(tag, before, moved)).toBe('unmet arrived_otherwise 0')
    expect(found(tag, before, unmoved)?.hold).toBe(Infinity)
    expect(found(tag, before, moved)?.hold).toBe(0)
  })

  it('X03: R110: is told with its numbers and the replica that speaks against it', () => {
    const { message, observed, threshold } = found(tag, world(replicas(newest, old, old))) ?? {}
    expect(message).toBe(
      `1 of 3 replicas of api run api:1.9.1; api-1 runs api:1.9.0 (${digest('0').slice(0, 19)})`,
    )
    expect([observed, threshold]).toEqual([
      { value: 1, unit: 'replicas' },
      { op: '>=', value: 3 },
    ])
    const anew = found(tag, world(replicas(newest, newest, { ...newest, reported: digest('c') })))?.message
    expect(anew).toContain('this tag has 2 contents: api-2 has sha256:cccccccccccc')
  })

  it('X03: R110: needs one replica at least, and a workload', () => {
    expect(said(tag, world([], 0))).toBe('unmet not_arrived 0')
    expect(said({ images: { sts: 'sts:1' } }, world(three(newest)))).toBe('unmet not_arrived -')
  })

  it('X03: R112: is looked for in the container of the name of its component, in the only one, or in the named one', () => {
    const proxy = { ...newest, part: 'proxy', image: 'envoy', tag: '1' }
    const both = [...three(newest), ...three(proxy)]
    expect(said(tag, world(both))).toBe('met ok 3')
    expect(said({ images: { 'api/proxy': 'envoy:1' } }, world(both))).toBe('met ok 3')
    expect(said(tag, world(three({ ...newest, part: 'main' })))).toBe('met ok 3')
    const two = world([...three({ ...newest, part: 'a' }), ...three({ ...newest, part: 'b' })])
    expect(said(tag, two)).toBe('unknown ambiguous_container -')
    expect(found(tag, two)?.message).toContain('(a, b): name the one that is meant as api/CONTAINER')
    const beside = { ...newest, part: 'init', role: 'init', image: 'wait', tag: '1' }
    expect(said(tag, world([...three({ ...newest, part: 'main' }), ...three(beside)]))).toBe('met ok 3')
    expect(said({ images: { 'api/init': 'wait:2' } }, world([...three(newest), ...three(beside)]))).toBe(
      'unmet arrived_otherwise 0',
    )
    expect(said({ images: { 'api/none': 'none:1' } }, world(three(newest)))).toBe('unmet arrived_otherwise 0')
  })

  it('X03: R110: is met only when the status of every container shows it', () => {
    const labels = fc.record({
      tag: fc.constantFrom('1.9.1', '1.9.0', ''),
      image: fc.constantFrom('api', 'sts'),
      revision: fc.constantFrom('target', 'target', 'other', 'changed'),
      digest: fc.constantFrom('', digest('a'), digest('c')),
      template_digest: fc.constantFrom('', digest('a')),
      reported: fc.constantFrom('', digest('a'), digest('b'), digest('c')),
      reported_as: fc.constantFrom('content', 'configuration'),
    })
    const containers = fc.array(fc.tuple(labels, fc.constantFrom(0, 1)), { maxLength: 4 })
    const expecteds = fc.constantFrom<Expected>(tag, content, { ...tag, ...content })
    fc.assert(
      fc.property(containers, expecteds, fc.boolean(), (given, expected, hasMoved) => {
        const readings = given.map(([one, runs], index) => containerOf('api', `api-${index}`, one, runs))
        const { answer } = found(expected, world(readings), hasMoved ? moved : unmoved) ?? {}
        const shows = ([one, runs]: (typeof given)[number]) => {
          const byDigest = expected.digests?.['api']?.includes(one.reported) === true
          const asked =
            one.digest === digest('a') && one.template_digest === digest('a') && one.reported !== ''
          const byTag = one.image === 'api' && one.tag === '1.9.1' && one.reported !== ''
          return (
            runs === 1 &&
            one.revision !== 'other' &&
            (expected.digests === undefined ? byTag : byDigest || asked)
          )
        }
        if (answer === 'met') expect([given.length >= 3, given.every(shows)]).toEqual([true, true])
      }),
      { numRuns: 500 },
    )
  })
})

describe('the digest that the healthy world runs', () => {
  it('X03: R110: proves it', () => {
    expect(said({ digests: { api: [runningDigest] } }, healthyWorld())).toBe('met ok 2')
  })
})
