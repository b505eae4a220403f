import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/faults.ts'
import { faultsOf, load, withLines } from './loading.ts'

const at = '/etc/gate/gate.yaml'

describe('a configuration with many faults', () => {
  it('names all of them at once, down the file and then those from elsewhere', async () => {
    const faults = await faultsOf({
      yaml: withLines(
        'release: 7\nmetricsBearer: { file: /nowhere }\nlog: { level: loud }\nwrong: 1\n',
      ).replace('redis:', 'radis:'),
      env: { CARACAL_GATE_NONSENSE: '1' },
    })
    expect(faults.map((fault) => fault.replace(/; allowed: .*/s, ''))).toEqual([
      `${at}:1:1: release is 7`,
      `${at}:1:1: redis.url is missing`,
      `${at}:2:18: metricsBearer.file is "/nowhere", which does not exist`,
      `${at}:3:8: log.level is "loud"`,
      `${at}:4:1: wrong is not known`,
      `${at}:12:1: radis is not known (did you mean "redis"?)`,
      'environment variable CARACAL_GATE_NONSENSE is not known',
    ])
  })

  it('says of each fault the key, the value, what is allowed and where', async () => {
    const error: unknown = await load({ yaml: withLines('log: { level: loud }\n') }).catch(
      (fault: unknown) => fault,
    )
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toHaveProperty('faults', [
      {
        path: 'log.level',
        location: `${at}:1:8`,
        value: '"loud"',
        allowed: 'trace, debug, info, warn, error, fatal, silent',
        message: 'log.level is "loud"; allowed: trace, debug, info, warn, error, fatal, silent',
      },
    ])
  })

  it('names every key that an empty environment lacks', async () => {
    const faults = await faultsOf({})
    expect(faults.map((fault) => fault.replace(/;.*/s, ''))).toEqual([
      'postgres.url is missing',
      'redis.url is missing',
      'services.api.replicas is missing',
      'services.sts.replicas is missing',
      'services.gateway.replicas is missing',
      'services.audit.replicas is missing',
      'services.coordinator.replicas is missing',
    ])
  })
})
