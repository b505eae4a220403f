import * as signals from '../../../src/rules/signals.ts'
import { plotPanel } from '../kinds.ts'
import type { Row } from '../panels.ts'
import { limit, max, select } from '../promql.ts'

const component = 'component=~"$component"'
const noPostgres = 'Postgres is not seen: see "Looks" below.'
const noRedis = 'Redis is not seen: see "Looks" below.'
const panel = { width: 6, height: 8 }

export const saturationRow: Row = {
  id: 600,
  title: 'Saturation',
  panels: [
    plotPanel({
      ...panel,
      id: 601,
      title: 'Postgres connections in use',
      description:
        'Busy connections of each component, as a share of what it may open. Good is below the limit. During a roll old and new pods share it; a component that stays above it for minutes waits for Postgres: see slow queries.',
      unit: 'percentunit',
      decimals: 0,
      queries: [
        {
          expr: `${max(select(signals.postgresConnectionsInUse, component), ['component'])} / ${max(select(signals.postgresConnectionLimit, component), ['component'])}`,
          legend: '{{component}}',
        },
      ],
      limits: [{ expr: limit('postgres.inUseRatio'), legend: 'limit' }],
      noData: noPostgres,
    }),
    plotPanel({
      ...panel,
      id: 602,
      title: 'Postgres server',
      description:
        'Connections of all clients, beside what the server grants. Good is room enough for a second set of pods. At the line every new pod is refused: stop the roll or raise the limit.',
      unit: 'none',
      decimals: 0,
      queries: [{ expr: max(signals.postgresServerConnections.name), legend: 'connections' }],
      limits: [{ expr: max(signals.postgresServerLimit.name), legend: 'granted by the server' }],
      noData: noPostgres,
    }),
    plotPanel({
      ...panel,
      id: 603,
      title: 'Redis memory',
      description:
        'Memory that Redis uses, as a share of what it may. Good is below the limit and flat. At 100 % Redis refuses writes and events are lost: see which stream grows under "Events".',
      unit: 'percentunit',
      decimals: 1,
      queries: [
        {
          expr: `${max(signals.redisMemoryUsed.name)} / ${max(signals.redisMemoryLimit.name)}`,
          legend: 'used',
        },
      ],
      limits: [{ expr: limit('redis.memoryRatio'), legend: 'limit' }],
      noData: noRedis,
    }),
    plotPanel({
      ...panel,
      id: 604,
      title: 'Redis: refused and evicted',
      description:
        'Writes that Redis refused and keys that it evicted, within the interval of rates. Good is nothing. A refused write is an event that must be sent again; an evicted key means a policy that this platform must not have.',
      unit: 'short',
      decimals: 1,
      bars: true,
      queries: [
        {
          expr: max(`increase(${signals.redisRejectedWrites.name}[$__rate_interval])`),
          legend: 'refused writes',
        },
        { expr: max(`increase(${signals.redisEvictedKeys.name}[$__rate_interval])`), legend: 'evicted keys' },
      ],
      noData: noRedis,
    }),
  ],
}
