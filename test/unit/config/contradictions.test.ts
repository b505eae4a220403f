import { describe } from 'vitest'
import { type FaultRow as Row, testFaults, withApi, withLines, withPostgres, withRedis } from './loading.ts'

const at = '/etc/gate/gate.yaml'

const ofContradictions: readonly Row[] = [
  {
    says: 'a limit that would be over before it is breached',
    yaml: withLines('limits: { outbox: { pendingRows: { trip: 10, clear: 20 } } }\n'),
    faults: [`${at}:1:46: limits.outbox.pendingRows.clear is 20; allowed: at most trip, which is 10`],
  },
  {
    says: 'a limit below the default at which it is over',
    yaml: withLines('limits: { outbox: { pendingRows: { trip: 10 } } }\n'),
    faults: [
      `${at}:1:21: limits.outbox.pendingRows.clear is 250 by default; allowed: at most trip, which is 10`,
    ],
  },
  {
    says: 'brisk that is slower than quiet, and a look longer than it',
    yaml: withLines('probes: { redis-streams: { quiet: 1s, brisk: 2s, timeout: 3s } }\n'),
    faults: [
      `${at}:1:39: probes.redis-streams.brisk is "2s"; allowed: at most quiet, the slower of the two`,
      `${at}:1:50: probes.redis-streams.timeout is "3s"; allowed: at most quiet: an attempt ends before the next`,
    ],
  },
  {
    says: 'replicas that are listed and found as well',
    yaml: withLines('kubernetes: { enabled: true }\n'),
    faults: ['api', 'sts', 'gateway', 'audit', 'coordinator'].map(
      (component, line) =>
        `${at}:${line + 4}:${component.length + 7}: services.${component}.replicas is given beside kubernetes.enabled: true, which finds replicas; allowed: no list`,
    ),
  },
  {
    says: 'Web without replicas where there is no cluster to find them in',
    yaml: withLines('').replace('services:', 'services:\n  web: { poolSize: 5 }'),
    faults: [
      `${at}:3:3: services.web.replicas is missing; allowed: a list of at least one replica, each a URL or { name, url, hostname }`,
    ],
  },
  {
    says: 'a ConfigMap without a cluster',
    yaml: withLines('state: { configMap: gate }\n'),
    faults: [`${at}:1:10: state.configMap needs a cluster; allowed: kubernetes.enabled: true`],
  },
  {
    says: 'the namespace of no ConfigMap',
    yaml: withLines('state: { namespace: gate }\n'),
    faults: [`${at}:1:10: state.namespace is that of no ConfigMap; allowed: state.configMap beside it`],
  },
  {
    says: 'two replicas with one name',
    yaml: withApi('{ replicas: [{ name: api-2, url: http://a }, http://b] }'),
    faults: [
      `${at}:3:53: services.api.replicas.1 has the name of services.api.replicas.0; allowed: every replica once`,
    ],
  },
  {
    says: 'two replicas with one URL, also of two services',
    yaml: withApi('{ replicas: [http://sts-1:8080/] }'),
    faults: [
      `${at}:4:21: services.sts.replicas.0 has the URL of services.api.replicas.0; allowed: every replica once`,
    ],
  },
  {
    says: 'two replicas with one URL, the one with a slash at its end',
    yaml: withApi('{ replicas: [http://a/base, http://a/base/] }'),
    faults: [
      `${at}:3:36: services.api.replicas.1 has the URL of services.api.replicas.0; allowed: every replica once`,
    ],
  },
  {
    says: 'two tokens with one name',
    yaml: withLines(
      'tokens: [{ name: ci, token: { env: A }, scopes: [rollout] }, { name: ci, token: { env: B }, scopes: [rollout] }]\n',
    ),
    env: { A: 'a-token-0123456789', B: 'b-token-0123456789' },
    faults: [`${at}:1:64: tokens.1.name is also the name of tokens.0; allowed: every name once`],
  },
  {
    says: 'two names for one token',
    yaml: withLines(
      'tokens: [{ name: ci, token: { env: A }, scopes: [rollout] }, { name: cd, token: { env: B }, scopes: [rollout] }]\n',
    ),
    env: { A: 'same-token-0123456789', B: 'same-token-0123456789' },
    faults: [
      `${at}:1:74: tokens.1.token is the same token as tokens.0.token; allowed: a token of its own for each name`,
    ],
  },
  {
    says: 'Redis in two ways',
    yaml: withRedis('{ url: redis://r:1, sentinel: { name: m, nodes: [s:26379] } }'),
    faults: [
      `${at}:8:28: redis.sentinel is given beside redis.url; allowed: exactly one of redis.url, redis.sentinel and redis.cluster`,
    ],
  },
  {
    says: 'Redis in no way',
    yaml: withRedis('{ username: gate }'),
    faults: [
      `${at}:8:1: redis.url is missing; allowed: exactly one of redis.url, redis.sentinel and redis.cluster`,
    ],
  },
  {
    says: 'a Redis user given twice',
    yaml: withRedis('{ url: redis://me@r:1, username: gate }'),
    faults: [`${at}:8:31: redis.username is also given in redis.url; allowed: one of the two`],
  },
  {
    says: 'TLS settings for a Redis URL without TLS',
    yaml: withRedis('{ url: redis://r:1, tls: { servername: r } }'),
    faults: [`${at}:8:28: redis.tls is given and redis.url is a redis:// URL; allowed: rediss:// for TLS`],
  },
  {
    says: 'TLS that is off for a Redis URL with TLS',
    yaml: withRedis('{ url: rediss://r:1, tls: { enabled: false } }'),
    faults: [
      `${at}:8:29: redis.tls is switched off and redis.url is a rediss:// URL; allowed: redis:// for no TLS`,
    ],
  },
  {
    says: 'TLS that is off and described',
    yaml: withRedis('{ cluster: { nodes: [r:1] }, tls: { enabled: false, servername: r } }'),
    faults: [`${at}:8:37: redis.tls is switched off and has servername; allowed: nothing else`],
  },
  {
    says: 'Postgres TLS settings without TLS',
    yaml: withPostgres('{ url: postgres://u@h/d, tls: { mode: off, servername: h } }'),
    faults: [
      `${at}:9:54: postgres.tls.servername is given and postgres.tls.mode is off; allowed: mode: verify-full`,
    ],
  },
  {
    says: 'expected migrations in two places',
    yaml: withLines('migrations: { expected: [a], expectedFile: /v }\n'),
    files: { '/v': 'a\n' },
    faults: [
      `${at}:1:30: migrations.expectedFile is given beside migrations.expected; allowed: one of the two`,
    ],
  },
  {
    says: 'a check of alerts without a place to ask',
    yaml: withLines('checks: { alerts-reachable: on }\n'),
    faults: [
      `${at}:1:11: checks.alerts-reachable is on and there is no alerting; allowed: alerting.prometheus and alerting.alertmanager beside it`,
    ],
  },
  {
    says: 'no place of Alertmanager beside that of Prometheus',
    yaml: withLines("alerting: { prometheus: { url: 'http://p:9090' } }\n"),
    faults: [
      `${at}:1:1: alerting.alertmanager.urls is missing; allowed: a list of URLs like http://alertmanager-0:9093`,
    ],
  },
  {
    says: 'two ways to log in to Prometheus, half of one to Alertmanager, and one Alertmanager twice',
    yaml: withLines(
      "alerting:\n  prometheus: { url: 'http://p:9090', username: u, bearer: { env: B } }\n  alertmanager: { urls: ['http://a:9093', 'http://a:9093/'], username: u }\n",
    ),
    env: { B: 'bearer-0123456789' },
    faults: [
      `${at}:2:52: alerting.prometheus.bearer is given beside username; allowed: one of the two`,
      `${at}:3:43: alerting.alertmanager.urls.1 has the URL of alerting.alertmanager.urls.0; allowed: every Alertmanager once`,
      `${at}:3:62: alerting.alertmanager.username is given without password; allowed: username and password together, or neither`,
    ],
  },
  {
    says: 'an address with a password in it, and a matcher that is none',
    yaml: withLines(
      "alerting:\n  prometheus: { url: 'http://u:hunter2@p:9090' }\n  alertmanager: { urls: ['http://a:9093'], filter: [prod] }\n",
    ),
    faults: [
      `${at}:2:17: alerting.prometheus.url is "http://<redacted>@p:9090"; allowed: a URL like http://prometheus:9090, without user, password, query or fragment`,
      `${at}:3:53: alerting.alertmanager.filter.0 is "prod"; allowed: a matcher like cluster="prod-1"`,
    ],
  },
]

describe('faults in contradictions', () => {
  testFaults(ofContradictions)
})
