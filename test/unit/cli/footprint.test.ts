import { describe, expect, it } from 'vitest'
import { allocator, missing, nodeOptions } from '../../../src/cli/footprint.ts'

describe('what keeps the memory of the daemon small', () => {
  it('is all missing from a plain start, and nothing from one that has it', () => {
    const lacking = missing({ execArgv: [], env: {} })
    expect(lacking).toEqual({ execArgv: nodeOptions, env: allocator })
    expect(missing({ execArgv: ['--inspect', ...nodeOptions], env: { ...allocator, PATH: '/bin' } })).toBe(
      undefined,
    )
  })

  it.each([
    [{ execArgv: ['--max-semi-space-size=16'], env: {} }],
    [{ execArgv: ['--max_semi_space_size=16'], env: {} }],
    [{ execArgv: [], env: { NODE_OPTIONS: '--enable-source-maps  --max-semi-space-size=16' } }],
  ])('leaves what an operator has set: %j', (started) => {
    expect(missing(started)?.execArgv).toEqual(['--heap-growing-percent=10'])
  })

  it('leaves what the environment says of malloc', () => {
    const lacking = missing({ execArgv: nodeOptions, env: { MALLOC_ARENA_MAX: '4' } })
    expect(lacking?.execArgv).toEqual([])
    expect(Object.keys(lacking?.env ?? {})).toEqual(['MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_'])
  })
})
