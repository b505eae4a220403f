import { failureOf, networkFaults } from '../core/network-failure.ts'
import type { Reasons } from './declaration.ts'

const again = 'helm upgrade {release} <chart> --reuse-values   # stores it again'

// Reasons that connections give, or several probes. Reasons of one probe are declared in its file.

const ways = 'caracal-gate doctor --only dns,network   # names where the way to it ends'
const tls = 'caracal-gate doctor --only tls   # names the certificate, its authority or what speaks no TLS'
const ownAddress = '# name the service itself, not a proxy before it: services.<service>.replicas'

export const anyReasons = {
  never_measured: ['nothing was measured yet', '# wait for the first attempt, or name the targets'],
  stale: ['the last answer is too old to be believed', '# see the log of the exporter'],
  late: ['the exporter itself was late', '# give the exporter the CPU that docs/operate/sizing.md names'],
  targets_unknown: ['the probe could not list its targets', '# see the log of the exporter, and report it'],
  watch_ended: ['the watch ended because of an error in it', '# see the log of the exporter, and report it'],
  unexpected_answer: ['the answer was not understood', '# see /debug/probes/<probe>, and report it'],
  unexpected_object: ['an object was not understood', 'kubectl -n {namespace} get <kind> -o yaml'],
} as const satisfies Reasons

/** What can happen to any connection over HTTP. */
export const networkReasons: Reasons = {
  ...Object.fromEntries(
    networkFaults.map((fault) => {
      const { reason, says, fix } = failureOf(fault)
      return [reason, [`the server ${says}`, fix === '' ? '# nothing to do' : `# ${fix}`, ways]] as const
    }),
  ),
  timeout: ['the target did not answer in time', ways],
}

export const httpReasons = {
  tls_failed: ['the server does not speak TLS as expected', tls],
  tls_expired: ['the certificate is not valid now', tls],
  tls_wrong_host: ['the certificate is for another name', tls],
  tls_not_trusted: ['the certificate is of an authority that is not trusted', tls],
  body_undelimited: ['the answer does not say where it ends', ownAddress],
  body_encoded: ['the answer is encoded, which was not asked for', ownAddress],
  rate_limited: [
    'the service grants this address no more requests',
    '# give the exporter an address of its own',
  ],
  unauthorized: ['the service refuses the bearer', '{bearer}', '{bearerLength}'],
  forbidden: ['the service refuses the bearer', '{bearer}', '{bearerLength}'],
  redirected: ['the answer is a redirect, which is not followed', ownAddress],
  not_found: ['the service does not know the path', ownAddress],
  html: ['the answer is a web page', ownAddress],
  unexpected_status: ['the status says nothing of the replica', '# see the log of the service'],
  target_gone: ['the replica is not listed any more', '# it was replaced; nothing to do'],
} as const satisfies Reasons

export const redisReasons = {
  redis_refused: ['nothing listens at the address of Redis', ways],
  redis_no_route: ['there is no route to Redis', ways],
  redis_name_unknown: ['the host of Redis has no address', ways],
  redis_timeout: ['Redis did not answer in time', ways],
  redis_reset: [
    'Redis broke the connection',
    'redis.url: rediss://<host>:<port>   # when the server speaks TLS only',
  ],
  redis_tls: ['TLS with Redis failed', tls],
  redis_protocol: [
    'the server does not speak the protocol of Redis',
    'redis.url: rediss://<host>:<port>   # or redis:// where the server speaks no TLS',
    tls,
  ],
  redis_unsolicited: [
    'replies came that no command asked for',
    '# see what is between Redis and the exporter',
  ],
  redis_answer_too_large: ['the answer is too large', '# destroy consumer groups of former replicas'],
  redis_shape: ['the answer has a shape of no known version', '# run a version of Redis that is supported'],
  redis_no_answer: ['Redis gave no answer', '# see the log of Redis'],
  redis_error: ['Redis answered with an error that is not expected', '# see the log of Redis'],
  redis_unauthorized: [
    'Redis refuses the login',
    "redis-cli ACL SETUSER {user} on '><the password in the file of redis.password>'",
    'redis: { username: <its ACL user>, password: { file: <path> } }',
  ],
  redis_protected: ['Redis takes no remote connections', '# give its user a password or an ACL'],
  redis_not_permitted: [
    'the ACL of the user lacks a right',
    'redis-cli ACL SETUSER {user} {rule}',
    'redis-cli ACL SAVE   # or CONFIG REWRITE where the user is declared in redis.conf',
  ],
  redis_too_old: [
    'Redis does not know a command that is used, or does not count what is added to a stream',
    '# take the line "rename-command {command}" out of redis.conf, restart Redis, and withdraw rights by an ACL instead',
    '# where there is no such line: run Redis 7.0 or newer',
  ],
  redis_wrong_type: [
    'the key holds something else than a stream',
    'redis-cli TYPE {key}   # then RENAME it away: the services create the stream again',
  ],
  redis_no_such_key: ['there is no such stream', '# start the service that writes it'],
  redis_loading: ['Redis loads its data set from disk', '# wait until it has'],
  redis_busy: ['a script blocks Redis', 'redis-cli SCRIPT KILL'],
  redis_misconf: ['Redis can not persist and refuses commands', '# see its log and its disk'],
  redis_max_clients: ['Redis has no connection left', 'redis-cli CONFIG SET maxclients <more>'],
  redis_replica: ['this is a replica, whose streams may lag behind', 'redis.url: <the primary>'],
  redis_role_unknown: ['the server does not say that it is a primary', 'redis.url: <a primary>'],
  redis_sentinel: [
    'no sentinel names the primary',
    'redis: { sentinel: { nodes: [<host:port>], name: <name> } }',
  ],
  redis_moved: ['this is one node of a Redis Cluster', 'redis: { cluster: { nodes: [<host:port>] } }'],
} as const satisfies Reasons

export const postgresReasons = {
  postgres_refused: ['nothing listens at the address of Postgres', ways],
  postgres_name_unknown: ['the host of Postgres has no address', ways],
  postgres_timeout: [
    'Postgres did not answer in time',
    'postgres.url: <an address that is nearer, or a server with less to do>',
  ],
  postgres_connection_lost: [
    'the connection to Postgres broke',
    '# see the log of Postgres at {host}:{port}',
  ],
  postgres_tls: ['TLS with Postgres failed', tls],
  postgres_unavailable: ['Postgres starts, stops or recovers', '# see the log of Postgres at {host}:{port}'],
  postgres_error: [
    'Postgres answered with an error that is not expected',
    '# see the log of Postgres at {host}:{port}',
  ],
  postgres_malformed: ['the answer is not that of Postgres', 'postgres.url: <the address of Postgres>'],
  postgres_answer_too_large: ['the answer is too large', "postgres.url: <the platform's database>"],
  postgres_authentication: [
    'Postgres asks for a kind of login that is not spoken',
    '# scram-sha-256 for {user} in pg_hba.conf',
  ],
  postgres_unauthorized: [
    'Postgres refuses the login',
    `psql "host={host} port={port} dbname={database} user=<owner>" -c '\\password {user}'   # then the same into the file of postgres.password`,
    'ALTER ROLE {role} LOGIN;',
  ],
  postgres_not_permitted: ['the login lacks a right', 'GRANT {right} TO {role};'],
  postgres_login_limit: ['the login may hold too few connections', 'ALTER ROLE {role} CONNECTION LIMIT 6;'],
  postgres_database_limit: [
    'the database has no connection left',
    'ALTER DATABASE {database} CONNECTION LIMIT <more>;',
  ],
  postgres_connection_limit: [
    'the server has no connection left',
    "SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1 ORDER BY 2 DESC;   -- who holds the server's connections",
  ],
  postgres_database_missing: [
    'there is no database of this name',
    'postgres.url: postgres://{login}@{host}:{port}/<database of the platform>',
  ],
  postgres_table_missing: [
    'there is no such table in this database',
    'postgres.url: <postgres://user@host:port/database of the platform>',
    '# or run its migrations first',
  ],
  postgres_schema_mismatch: [
    'the table lacks a column: this version of the platform is not known',
    '# run the migrations of the platform, or an exporter for this version of it',
  ],
  postgres_in_recovery: ['this is a standby, whose rows may lag behind', 'postgres.url: <the primary>'],
  postgres_pooler: [
    'a connection pooler answers: Postgres plans each attempt again, and a server without a free connection is noticed late',
    'postgres.url: <the server itself, not a pooler before it>',
  ],
  postgres_statement_timeout: [
    'the statement took too long',
    '# VACUUM the table, or give the server less to do',
  ],
  postgres_lock_timeout: [
    'the table is locked',
    "SELECT * FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock';",
  ],
} as const satisfies Reasons

export const kubernetesReasons = {
  no_credentials: [
    'there are no credentials for the API server',
    'kubernetes: { kubeconfig: <path> }',
    '# in a pod instead: automountServiceAccountToken: true in its specification',
  ],
  no_token: ['there is no token', 'kubectl {flags} auth whoami   # does this login work at all?'],
  token_refused: [
    'the API server refuses the token',
    'kubectl {flags} auth whoami   # does this login work at all?',
    '# in a pod: kubectl -n <namespace> rollout restart deployment/<the exporter>, which mounts a new token',
  ],
  too_many_requests: ['the API server refuses requests for now', '# see its priority and fairness'],
  server_error: ['the API server failed', 'kubectl {flags} get --raw /livez?verbose'],
  conflict: ['the object was changed in the meantime', '# it is read again'],
  gone: ['the version to continue from is no longer kept', '# it is listed again'],
  watch_failed: ['a watch ended with an error', 'kubectl {flags} get --raw /livez?verbose'],
  not_json: ['the answer is not JSON', 'kubectl {flags} get --raw /livez?verbose'],
  not_a_list: ['the answer is not a list', 'kubectl {flags} get --raw /livez?verbose'],
  not_listed: ['the objects were not listed yet', '# wait for the first list'],
  not_read: ["Helm's Secrets are not read", 'kubernetes: { helmSecrets: true }'],
  not_read_yet: ['the release was not read yet', '# wait for the first list'],
  release_gone: ['the revision was deleted while it was read', '# it is listed again'],
  release_not_base64: ["the release's Secret does not hold base64 in base64", again],
  release_not_json: ['the release is not JSON: Helm 2 stored it', '# migrate it with the plugin 2to3'],
  release_too_large: [
    'the release is too large',
    '# leave files that no template needs out of the chart (.helmignore)',
  ],
  release_truncated: ['the end of the release is missing', again],
  release_corrupt: ['the release is not readable', again],
  release_incomplete: ['the release lacks fields', again],
  release_manifest_unreadable: ['the manifest is not readable', 'helm get manifest {release}'],
  helm_secrets_off: ["Helm's Secrets are not read, as configured", 'kubernetes: { helmSecrets: true }'],
} as const satisfies Reasons
