import { describe, expect, it } from 'vitest'
import { allocator, mirrorOptions, missing, nodeOptions, type Room } from '../../../src/cli/footprint.ts'

const machine = 16 * 2 ** 30
const unlimited: Room = { constrained: 0, total: machine }

describe('what keeps the memory of the daemon small', () => {
  it('is all missing from a plain start, and nothing from one that has it', () => {
    const lacking = missing({ execArgv: [], env: {} }, unlimited)
    expect(lacking).toEqual({ execArgv: [...nodeOptions, '--max-old-space-size=512'], env: allocator })
    const execArgv = ['--inspect', ...(lacking?.execArgv ?? [])]
    expect(missing({ execArgv, env: { ...allocator, PATH: '/bin' } }, unlimited)).toBeUndefined()
  })

  it('is another heap and no compiler for the mirror', () => {
    const room = { constrained: 96 * 2 ** 20, total: machine }
    const lacking = missing({ execArgv: [], env: {} }, room, 'mirror')
    expect(lacking).toEqual({ execArgv: [...mirrorOptions, '--max-old-space-size=32'], env: allocator })
    const started = { execArgv: lacking?.execArgv ?? [], env: allocator }
    expect(missing(started, room, 'mirror')).toBeUndefined()
  })

  it.each([
    [{ execArgv: ['--max-semi-space-size=16'], env: {} }],
    [{ execArgv: ['--max_semi_space_size=16'], env: {} }],
    [{ execArgv: [], env: { NODE_OPTIONS: '--enable-source-maps  --max-semi-space-size=16' } }],
  ])('leaves what an operator has set: %j', (started) => {
    expect(missing(started, unlimited)?.execArgv).toEqual([
      '--heap-growing-percent=10',
      '--max-old-space-size=512',
    ])
  })

  it.each(['--max-old-space-size=300', '--max-old-space-size-percentage=50', '--max-heap-size=300'])(
    'leaves a limit of the heap that an operator has set: %s',
    (limit) => {
      expect(missing({ execArgv: [limit], env: {} }, unlimited)?.execArgv).toEqual(nodeOptions)
    },
  )

  it('leaves what the environment says of malloc', () => {
    const lacking = missing({ execArgv: nodeOptions, env: { MALLOC_ARENA_MAX: '4' } }, unlimited)
    expect(Object.keys(lacking?.env ?? {})).toEqual(['MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_'])
  })

  it.each([
    ["the chart's limit", 384 * 2 ** 20, 256],
    ['a small container', 128 * 2 ** 20, 85],
    ['a container without a limit, as cgroup 2 says it', 2 ** 64, 512],
    ['a container that may have the whole machine', machine, 512],
  ])('limits the heap to what fits: %s', (_, constrained, megabytes) => {
    const lacking = missing({ execArgv: nodeOptions, env: allocator }, { constrained, total: machine })
    expect(lacking?.execArgv).toEqual([`--max-old-space-size=${megabytes}`])
  })
})
