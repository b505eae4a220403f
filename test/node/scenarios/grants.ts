import { nodeAddress } from '../../../rig/node/network.ts'
import { checkIn } from '../asking.ts'
import { postgresPort, toolsImage } from '../ground.ts'
import type { Scenario } from '../scenarios.ts'
import { gateChart } from '../stage.ts'
import { gateValues } from './install.ts'

export const grants: Scenario = {
  name: 'grants',
  shows:
    'X64: the Jobs of the chart make a role in Postgres and a user in Redis without TLS, and with them all is read',
  async run(stage) {
    const admin = new URL(stage.servers.postgres.url)
    const values = gateValues(stage)
    const password = { secretName: 'gate-secrets', key: 'redisPassword' }
    await stage.helm(['upgrade', 'gate', gateChart, '--namespace', 'gate', '--wait', '--timeout', '240s'], {
      ...values,
      redis: { ...(values['redis'] as object), username: 'gate_by_job' },
      postgres: {
        url: `postgres://gate_by_job@${nodeAddress}:${postgresPort}/caracal`,
        password,
        tls: { mode: 'off' },
      },
      grants: {
        postgres: {
          enabled: true,
          image: toolsImage,
          adminUser: decodeURIComponent(admin.username),
          adminPassword: { secretName: 'gate-secrets', key: 'postgresAdminPassword' },
        },
        redis: { enabled: true, image: toolsImage },
      },
    })
    await stage.both('they read with the new logins', (report) =>
      ['streams-exist', 'dead-letters', 'migrations-applied', 'outbox-dispatch'].every(
        (id) => checkIn(report, id).state === 'pass',
      ),
    )
  },
}
