import { describe, expect, it } from 'vitest'
import { linesAMinute, linesByService } from '../../../bench/log-lines.ts'

function replica(service: string, lines: number) {
  return { service, endpoint: { logged: { lines } } }
}

describe('log lines that a daemon causes', () => {
  it('are added up by service', () => {
    const replicas = [replica('api', 3), replica('web', 5), replica('api', 4)]
    expect(linesByService(replicas)).toEqual({ api: 7, web: 5 })
  })

  it('are those of one replica in a minute because of one daemon', () => {
    const [first, last] = [
      { api: 100, web: 7 },
      { api: 340, web: 7 },
    ]
    // 240 lines in 10 s by 2 replicas because of 3 daemons.
    expect(linesAMinute(first, last, { seconds: 10, replicas: 2, daemons: 3 })).toEqual({ api: 240, web: 0 })
  })

  it('count a service from 0 that had written none before', () => {
    expect(linesAMinute({}, { api: 2 }, { seconds: 60, replicas: 1, daemons: 1 })).toEqual({ api: 2 })
  })
})
