import { describe, expect } from 'vitest'
import { type FaultRow as Row, minimal, testFaults, withApi, withLines, withPostgres } from './loading.ts'
import { withRedis } from './loading.ts'

const durationAllowed = 'a duration like 250ms, 30s, 5m or 1h30m'
const switchAllowed = 'on, off, { enabled: false, reason: <why> }, or { mode: shadow, until: <time> }'
const noSwitch =
  'can not be switched: a rollout that declares what must arrive asks for it, and no other does'
const at = '/etc/gate/gate.yaml'

const ofKeys: readonly Row[] = [
  {
    says: 'an unknown key',
    yaml: withLines('relase: {}\n'),
    faults: [
      `${at}:1:1: relase is not known (did you mean "release"?); allowed: release, services, metricsBearer, tls, redis, postgres, migrations, kubernetes, gates, checks, stopConditions, limits, rollout, probes, http, tokens, exports, state, recording, log, runbookBaseUrl, alerting`,
    ],
  },
  {
    says: 'an unknown gate',
    yaml: withLines('gates: { readines: off }\n'),
    faults: [
      `${at}:1:10: gates.readines is not known (did you mean "readiness"?); allowed: migration-safety, readiness, rollback-plan`,
    ],
  },
  {
    says: 'an unknown check',
    yaml: withLines('checks: { ready-apis: off }\n'),
    faults: [
      `${at}:1:11: checks.ready-apis is not known (did you mean "ready-api"?); allowed: ready-api, stream-backlog, alerts-reachable`,
    ],
  },
  {
    says: 'a switch of a check that the rollout alone decides about',
    yaml: withLines('checks: { arrival: off }\n'),
    faults: [`${at}:1:11: checks.arrival ${noSwitch}; allowed: ready-api, stream-backlog, alerts-reachable`],
  },
  {
    says: 'the same switch in a variable and a flag',
    yaml: minimal,
    env: { CARACAL_GATE_CHECKS_ARRIVAL: 'off' },
    flags: { set: ['checks.arrival=off'] },
    faults: [
      `environment variable CARACAL_GATE_CHECKS_ARRIVAL ${noSwitch}; allowed: the variables that docs/reference/configuration.md lists`,
      `--set: checks.arrival ${noSwitch}; allowed: --set <key>=<value> with a key that docs/reference/configuration.md lists`,
    ],
  },
  {
    says: 'an unknown stop condition with nothing like it',
    yaml: withLines('stopConditions: { everything: off }\n'),
    faults: [`${at}:1:19: stopConditions.everything is not known; allowed: sts-unready, gateway-unready`],
  },
  {
    says: 'an unknown probe',
    yaml: withLines('probes: { redis-stream: { quiet: 5s } }\n'),
    faults: [
      `${at}:1:11: probes.redis-stream is not known (did you mean "redis-streams"?); allowed: redis-streams, ready-endpoint`,
    ],
  },
  {
    says: 'a key that would change the prototype of objects',
    yaml: withLines('__proto__: { polluted: true }\n'),
    faults: [expect.stringContaining(`${at}:1:1: __proto__ is not known; allowed: release,`) as string],
  },
]

const ofValues: readonly Row[] = [
  {
    says: 'a mapping that is a text',
    yaml: withLines('release: caracal\n'),
    faults: [`${at}:1:1: release is "caracal"; allowed: a mapping of name, namespace`],
  },
  {
    says: 'a duration in words',
    yaml: withLines('rollout: { steady: 5 minutes }\n'),
    faults: [
      `${at}:1:12: rollout.steady is "5 minutes" (did you mean 5m?); allowed: ${durationAllowed}, from 0s to 168h`,
    ],
  },
  {
    says: 'a duration without a unit',
    yaml: withLines('rollout: { steady: 30 }\n'),
    faults: [
      `${at}:1:12: rollout.steady is 30 (did you mean 30s?); allowed: ${durationAllowed}, from 0s to 168h`,
    ],
  },
  {
    says: 'a duration of years',
    yaml: withLines('rollout: { steady: 99999h }\n'),
    faults: [`${at}:1:12: rollout.steady is "99999h"; allowed: ${durationAllowed}, from 0s to 168h`],
  },
  {
    says: 'a size of another kind',
    yaml: withRedis('{ url: redis://r:1, memoryLimit: 512mb }'),
    faults: [
      `${at}:8:28: redis.memoryLimit is "512mb" (did you mean 512MiB?); allowed: a size like 512MiB or 2GiB (B, KiB, MiB, GiB, TiB), at least 1MiB`,
    ],
  },
  {
    says: 'a size that must have lost its unit',
    yaml: withRedis('{ url: redis://r:1, memoryLimit: 512B }'),
    faults: [
      `${at}:8:28: redis.memoryLimit is "512B"; allowed: a size like 512MiB or 2GiB (B, KiB, MiB, GiB, TiB), at least 1MiB`,
    ],
  },
  {
    says: 'a gate that is neither on nor off',
    yaml: withLines('gates: { readiness: disabled }\n'),
    faults: [`${at}:1:10: gates.readiness is "disabled"; allowed: ${switchAllowed}`],
  },
  {
    says: 'a key inside a switch',
    yaml: withLines('gates: { readiness: { enabled: false, because: no } }\n'),
    faults: [`${at}:1:39: gates.readiness.because is not known; allowed: enabled, reason`],
  },
  {
    says: 'an infinite limit, under which nothing would ever stop',
    yaml: withLines('limits: { outbox: { pendingRows: { trip: .inf } } }\n'),
    faults: [expect.stringContaining('limits.outbox.pendingRows.trip is ') as string],
  },
  {
    says: 'a share above 1',
    yaml: withLines('limits: { redis: { memoryRatio: { trip: 90 } } }\n'),
    faults: [
      `${at}:1:35: limits.redis.memoryRatio.trip is 90 (did you mean 0.9?); allowed: a number above 0 and at most 1`,
    ],
  },
  {
    says: 'a log level that is none',
    yaml: withLines('log: { level: verbose }\n'),
    faults: [`${at}:1:8: log.level is "verbose"; allowed: trace, debug, info, warn, error, fatal, silent`],
  },
  {
    says: 'an address to listen on without a port',
    yaml: withLines('http: { listen: localhost }\n'),
    faults: [
      `${at}:1:9: http.listen is "localhost"; allowed: an address like 127.0.0.1:9465, [::1]:9465 or :9465`,
    ],
  },
  {
    says: 'a port that does not exist',
    yaml: withLines('http: { listen: "localhost:70000" }\n'),
    faults: [
      `${at}:1:9: http.listen is "localhost:70000"; allowed: an address like 127.0.0.1:9465, [::1]:9465 or :9465`,
    ],
  },
  {
    says: 'a version that YAML takes for a number',
    yaml: withLines('migrations: { expected: [0001] }\n'),
    faults: [
      `${at}:1:26: migrations.expected.0 is 1; allowed: a version like 0001_baseline, in quotes when it is all digits`,
    ],
  },
  {
    says: 'looks that are too fast for the platform',
    yaml: withLines('probes: { redis-streams: { brisk: 10ms } }\n'),
    faults: [
      `${at}:1:28: probes.redis-streams.brisk is "10ms"; allowed: ${durationAllowed}, from 50ms to 1m`,
    ],
  },
  {
    says: 'a look that may take too long',
    yaml: withLines('probes: { redis-streams: { timeout: 1m } }\n'),
    faults: [
      `${at}:1:28: probes.redis-streams.timeout is "1m"; allowed: ${durationAllowed}, from 50ms to 10s`,
    ],
  },
  {
    says: 'a scope that does not exist',
    yaml: withLines('tokens: [{ name: ci, token: { env: CI }, scopes: [admin] }]\n'),
    env: { CI: 'abc-0123456789-xyz' },
    faults: [`${at}:1:51: tokens.0.scopes.0 is "admin"; allowed: rollout, evidence, acknowledge, override`],
  },
  {
    says: 'a replica that is neither a URL nor a mapping',
    yaml: withApi('{ replicas: [3000] }'),
    faults: [`${at}:3:21: services.api.replicas.0 is 3000; allowed: a URL, or { name, url, hostname }`],
  },
  {
    says: 'a service without replicas',
    yaml: withApi('{ replicas: [] }'),
    faults: [
      `${at}:3:10: services.api.replicas is a list of 0; allowed: a list of at least one replica, each a URL or { name, url, hostname }`,
    ],
  },
  {
    says: 'a URL of another kind',
    yaml: withApi('{ replicas: [api-1:3000] }'),
    faults: [
      `${at}:3:21: services.api.replicas.0 is "api-1:3000"; allowed: a URL like http://gateway-1:8081, without user, password, query or fragment`,
    ],
  },
  {
    says: 'a Postgres URL with parameters, which would fight with the rest',
    yaml: withPostgres('{ url: "postgres://u@h/d?sslmode=disable" }'),
    faults: [
      `${at}:9:13: postgres.url is "postgres://<redacted>@h/d?<redacted>"; allowed: a URL like postgres://user@host:5432/database, with nothing after the database`,
    ],
  },
]

describe('faults in keys and ids', () => {
  testFaults(ofKeys)
})

describe('faults in values', () => {
  testFaults(ofValues)
})
