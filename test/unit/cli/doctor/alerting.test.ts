import { describe, expect, it } from 'vitest'
import { openInstallation } from '../../../../src/cli/doctor/installation.ts'
import type { Outside } from '../../../../src/cli/doctor/area.ts'
import { secretsOf } from '../../../../src/cli/doctor/secrets.ts'
import { sources, withLines } from '../../config/loading.ts'

const yaml = withLines(
  "alerting:\n  prometheus: { url: 'http://p:9090/route', bearer: { env: B } }\n  alertmanager: { urls: ['http://a:9093', 'http://b:9093'], username: gate, password: { env: P } }\n",
)
const env = { B: 'bearer-0123456789', P: 'password-0123456789' }

async function asked(given: Partial<Outside>): Promise<Partial<Outside> & { readonly hidden: string[] }> {
  const outside = { version: '1', clock: { now: () => 0 }, over: new AbortController().signal, ...given }
  const opened = await openInstallation(sources({ yaml, env }), outside, undefined)
  await opened.close()
  const { prometheus, alertmanagers, logins, config } = opened.installation
  return {
    ...(prometheus !== undefined && { prometheus }),
    ...(alertmanagers !== undefined && { alertmanagers }),
    ...(logins !== undefined && { logins }),
    hidden: secretsOf(config).map(({ key }) => key),
  }
}

describe('the doctor of alerts', () => {
  it('asks where the configuration says, and logs in there', async () => {
    const { prometheus, alertmanagers, logins, hidden } = await asked({})
    expect([prometheus, alertmanagers]).toEqual([
      'http://p:9090/route/',
      ['http://a:9093/', 'http://b:9093/'],
    ])
    expect(logins?.prometheus?.headers).toEqual({ authorization: `Bearer ${env.B}` })
    expect(logins?.alertmanager?.headers?.['authorization']).toMatch(/^Basic /)
    expect(hidden).toEqual(['alerting.prometheus.bearer', 'alerting.alertmanager.password'])
  })

  it('shows no secret to a server that was given instead', async () => {
    const { prometheus, logins } = await asked({ prometheus: 'http://other/' })
    expect(prometheus).toBe('http://other/')
    expect(logins?.prometheus).toBeUndefined()
  })
})
