import { describe, expect, it } from 'vitest'
import { faultText, ConfigError } from '../../../src/config/faults.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { faultsOf, minimal, sources, withLines, type Given } from './loading.ts'

const now = Date.UTC(2026, 10, 30)
const until = Date.UTC(2026, 11, 7, 8)
const inShadow = 'checks: { stream-backlog: { mode: shadow, until: 2026-12-07T08:00:00Z } }\n'

async function at(given: Given) {
  const { config, shown } = await loadConfig({ ...sources(given), now })
  return { switched: config.checks['stream-backlog'], shown: (shown as { checks: object }).checks }
}

async function lateFaults(given: Given): Promise<readonly string[]> {
  const loaded = loadConfig({ ...sources(given), now })
  const failure: unknown = await loaded.catch((error: unknown) => error)
  return failure instanceof ConfigError ? failure.faults.map(faultText) : []
}

const switches = 'on, off, { enabled: false, reason: <why> }, or { mode: shadow, until: <time> }'

describe('a switch in shadow', () => {
  it.each<[string, Given]>([
    ['in a file', { yaml: withLines(inShadow) }],
    ['in one text', { yaml: withLines('checks: { stream-backlog: shadow until 2026-12-07T08:00:00Z }\n') }],
    [
      'in a variable, with a zone',
      {
        yaml: minimal,
        env: { CARACAL_GATE_CHECKS_STREAM_BACKLOG: 'shadow until 2026-12-07T09:00:00+01:00' },
      },
    ],
    [
      'in a flag',
      { yaml: minimal, flags: { set: ['checks.stream-backlog=shadow until 2026-12-07T08:00:00Z'] } },
    ],
  ])('R209: is held as an instant, and shown as it is written, %s', async (_, given) => {
    expect(await at(given)).toEqual({
      switched: { enabled: true, shadow: until },
      shown: { 'stream-backlog': { mode: 'shadow', until: '2026-12-07T08:00:00.000Z' } },
    })
  })

  it('R209: that is over is no fault', async () => {
    const yaml = withLines('gates: { readiness: { mode: shadow, until: 2020-01-01T00:00:00Z } }\n')
    expect(await lateFaults({ yaml })).toEqual([])
  })

  it('R209: that would last for more than 90 days is refused, with its place', async () => {
    const yaml = withLines('gates: { readiness: { mode: shadow, until: 2027-03-01T00:00:00Z } }\n')
    expect(await lateFaults({ yaml })).toEqual([
      '/etc/gate/gate.yaml:1:10: gates.readiness is in shadow until 2027-03-01T00:00:00.000Z, 91 days from now; allowed: a time within the next 90 days, or off with a reason',
    ])
  })

  it.each([
    ['{ mode: shadow }', `gates.readiness is a mapping of mode; allowed: ${switches}`],
    [
      '{ mode: shadow, until: tomorrow }',
      'gates.readiness.until is "tomorrow"; allowed: a time like 2026-12-07T08:00:00Z',
    ],
    [
      '{ mode: off, until: 2026-12-07T08:00:00Z }',
      `gates.readiness is a mapping of mode, until; allowed: ${switches}`,
    ],
    ['shadow until tomorrow', `gates.readiness is "shadow until tomorrow"; allowed: ${switches}`],
  ])('names what is wrong with %s', async (value, fault) => {
    const faults = await faultsOf({ yaml: withLines(`gates: { readiness: ${value} }\n`) })
    expect(faults.map((text) => text.replace(/^[^ ]+: /, ''))).toEqual([fault])
  })
})
