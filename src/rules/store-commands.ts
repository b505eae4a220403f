import { asked, word } from '../core/shell.ts'
import type { Login, PostgresAddress, RedisAddress } from './options.ts'

function loginOptions({ user, hasPassword, tls }: Login): readonly string[] {
  return [
    ...(user === undefined ? [] : [`--user ${word(user)}`]),
    ...(hasPassword ? ['--askpass'] : []),
    ...(tls === undefined ? [] : ['--tls']),
    ...(tls?.servername === undefined ? [] : [`--sni ${word(tls.servername)}`]),
    ...(tls?.ownAuthority === true ? [`--cacert ${asked('REDIS_CA', 'file of redis.tls.caFile')}`] : []),
    ...(tls?.ownCertificate === true
      ? [
          `--cert ${asked('REDIS_CERT', 'file of redis.tls.certFile')}`,
          `--key ${asked('REDIS_KEY', 'file of redis.tls.keyFile')}`,
        ]
      : []),
  ]
}

/** The beginning of commands that ask Redis where the exporter asks it. */
export function redisCli(address: RedisAddress | undefined): (command: string) => string {
  if (address === undefined)
    return (command) => `redis-cli -h ${asked('REDIS_HOST', 'host of Redis')} ${command}`
  const { host, port, database, isCluster, sentinel } = address
  const there = `redis-cli -h ${word(host)} -p ${port}`
  const options = [
    ...(isCluster ? ['-c'] : []),
    ...loginOptions(address),
    ...(database === 0 ? [] : [`-n ${database}`]),
  ]
  if (sentinel === undefined) return (command) => [there, ...options, command].join(' ')
  const asks = [
    // A prompt would be taken for the answer.
    ...(sentinel.hasPassword ? [`REDISCLI_AUTH=${asked('SENTINEL_AUTH', 'password of the sentinels')}`] : []),
    there,
    ...loginOptions({ ...sentinel, hasPassword: false }),
    `SENTINEL GET-MASTER-ADDR-BY-NAME ${word(sentinel.primary)}`,
  ].join(' ')
  const primary = ['redis-cli -h "${1:?no sentinel answers}" -p "$2"', ...options]
  return (command) => `(set -- $(${asks}); ${[...primary, command].join(' ')})`
}

/** How long a connection may take, in seconds: a server that hangs must not keep the person. */
const PATIENCE = 5

/** A command that asks Postgres where the exporter asks it. */
export function psql(address: PostgresAddress | undefined): (...statements: readonly string[]) => string {
  const uri =
    address === undefined ? asked('DATABASE_URL', 'postgres://USER@HOST:5432/DATABASE') : word(uriOf(address))
  return (...statements) => ['psql', uri, ...statements.map((statement) => `-c "${statement}"`)].join(' ')
}

function uriOf({ host, port, user, database, tls }: PostgresAddress): string {
  const [role, name] = [user, database].map(encodeURIComponent)
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  // The authority that the exporter trusts is a file where the exporter is.
  const secured = tls ? '&sslmode=require' : ''
  return `postgres://${role}@${where}/${name}?connect_timeout=${PATIENCE}${secured}`
}
