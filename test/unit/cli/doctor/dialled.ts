import type { Dialled } from '../../../../src/cli/doctor/network.ts'

/** A store in the cluster that said nothing in time. */
export const postgres: Dialled = {
  kind: 'postgres',
  name: 'Postgres',
  host: 'db',
  port: 5432,
  key: 'postgres.url',
  inCluster: true,
  namespace: 'caracal',
  outcome: 'timeout',
}

/** A replica in the cluster that said nothing in time. */
export const pod: Dialled = {
  ...postgres,
  kind: 'service',
  name: 'api/caracal-api-0',
  port: 3000,
  key: 'its pod',
}
