import { describe, expect, it } from 'vitest'
import { load, minimal, withApi, withLines } from './loading.ts'

const yaml = withLines('log: { level: debug }\nhttp: { listen: ":1" }\n')

describe('precedence', () => {
  it('is default, file, environment, flag', async () => {
    const env = { CARACAL_GATE_LOG_LEVEL: 'warn' }
    const flags = { 'log-level': 'error' }
    const levels = [
      await load({ yaml: minimal }),
      await load({ yaml }),
      await load({ yaml, env }),
      await load({ yaml, env, flags }),
    ].map(({ config }) => config.log.level)
    expect(levels).toEqual(['info', 'debug', 'warn', 'error'])
  })

  it('lets --set stand beside the other flags', async () => {
    const flags = { listen: ':2', 'state-file': '/s', set: ['log.level=trace', 'rollout.steady=1m'] }
    const { config } = await load({ yaml, flags })
    expect(config.http.listen).toEqual({ host: '::', port: 2 })
    expect(config.state.file).toBe('/s')
    expect(config.log.level).toBe('trace')
    expect(config.rollout.steady).toBe(60_000)
  })

  it('prefers the file of the command line to that of the environment', async () => {
    const { config } = await load({ yaml, env: { CARACAL_GATE_CONFIG: '/nowhere' } })
    expect(config.log.level).toBe('debug')
  })

  it('replaces a list of the file by the one of the environment, whole or by its items', async () => {
    const two = withApi('{ replicas: [http://a, http://b] }')
    const whole = await load({ yaml: two, env: { CARACAL_GATE_SERVICES_API_REPLICAS: 'http://c' } })
    const items = await load({
      yaml: two,
      env: {
        CARACAL_GATE_SERVICES_API_REPLICAS_0_URL: 'http://c',
        CARACAL_GATE_SERVICES_API_REPLICAS_0_NAME: 'c',
      },
    })
    expect(whole.config.services.api.replicas[0]).toEqual({
      component: 'api',
      name: 'api-1',
      url: 'http://c',
    })
    expect(items.config.services.api.replicas).toEqual([{ component: 'api', name: 'c', url: 'http://c' }])
  })

  it('replaces a secret of the file, wherever it stood', async () => {
    const secret = withLines('metricsBearer: { file: /run/bearer }\n')
    const env = { CARACAL_GATE_METRICS_BEARER: 'from the environment'.replaceAll(' ', '-'), OTHER: 'other' }
    expect((await load({ yaml: secret, env })).config.metricsBearer?.reveal()).toBe('from-the-environment')
    const set = ['metricsBearer.env=OTHER']
    expect((await load({ yaml: secret, env, flags: { set } })).config.metricsBearer?.reveal()).toBe('other')
  })

  it('keeps what the environment does not speak of', async () => {
    const limits = withLines('limits: { outbox: { pendingRows: { trip: 900, clear: 100 } } }\n')
    const { config } = await load({
      yaml: limits,
      env: { CARACAL_GATE_LIMITS_OUTBOX_PENDING_ROWS_TRIP: '800' },
    })
    expect(config.limits.outbox.pendingRows).toEqual({ trip: 800, clear: 100 })
  })
})
