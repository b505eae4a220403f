import type { ForCulprit } from '../core/advice.ts'
import { commandsFor } from './commands.ts'
import type { Options } from './options.ts'
import { deadLetterStreams, type StreamSpec } from './platform.ts'

/** First actions that ask Redis and Postgres; the rights of the exporter's own user and role suffice for each. */
export function storeActions(options: Options) {
  const { redis, psql } = commandsFor(options)
  const ours = options.streams.map(({ name }) => name)
  const known = [...ours, ...deadLetterStreams]

  /** Asks about the stream that is blamed, else about each of these. */
  function ofStream(names: readonly string[], question: (stream: string) => string): ForCulprit {
    const all = `for stream in ${names.join(' ')}; do ${redis(question('"$stream"'))}; done`
    return (culprit = '') => {
      const only =
        known.find((name) => name === culprit.split('/')[0]) ?? (names.length === 1 ? names[0] : undefined)
      return only === undefined ? all : redis(question(only))
    }
  }

  /** XINFO STREAM FULL has the groups and their consumers. */
  function groups(names: readonly string[]): ForCulprit {
    return ofStream(names, (stream) => `XINFO STREAM ${stream} FULL COUNT 1`)
  }

  return {
    groups: groups(ours),
    /** Who reads the stream that each replica reads for itself. */
    revocations: groups(options.streams.filter(isReadByAll).map(({ name }) => name)),
    /** Shows the last entry, which says why it is there. */
    deadLetter: ofStream(deadLetterStreams, (stream) => `XINFO STREAM ${stream}`),
    redisMemory: redis('INFO memory'),
    redisSettings: forCulprit((culprit) =>
      redis(culprit === 'eviction' ? 'INFO memory' : 'INFO persistence'),
    ),
    redisAnswers: redis('INFO server'),

    deadRows: forCulprit((culprit) => psql(...rowsOf(deadRows, culprit))),
    pendingRows: forCulprit((culprit) => psql(...rowsOf(pendingRows, culprit))),
    migrations: psql('SELECT version, applied_at FROM schema_migrations ORDER BY version'),
    sessions: psql('SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC'),
    postgresAnswers: psql('SELECT now(), pg_is_in_recovery()'),
  }
}

function forCulprit(command: (culprit: string) => string): ForCulprit {
  return (culprit = '') => command(culprit)
}

function isReadByAll({ groups }: StreamSpec): boolean {
  return groups.some(({ policy }) => policy === 'per-replica')
}

// By the conditions of the platform's indexes.
const deadRows = {
  api: "SELECT id, stream_name, attempts, last_error FROM event_outbox WHERE dispatched_at IS NULL AND available_at = 'infinity' LIMIT 5",
  coordinator:
    "SELECT id, producer, topic, attempts, updated_at FROM caracal_outbox WHERE status = 'dead' ORDER BY available_at LIMIT 5",
}
const pendingRows = {
  api: "SELECT id, stream_name, attempts, last_error FROM event_outbox WHERE dispatched_at IS NULL AND available_at < 'infinity' ORDER BY created_at LIMIT 5",
  coordinator:
    "SELECT id, producer, topic, attempts, available_at FROM caracal_outbox WHERE status = 'pending' ORDER BY available_at LIMIT 5",
}

/** Of the outbox that a key begins with, else of both. */
function rowsOf(statements: Readonly<Record<string, string>>, culprit: string): readonly string[] {
  const [outbox] = culprit.split('/')
  const named = Object.entries(statements).filter(([name]) => name === outbox)
  return (named.length > 0 ? named : Object.entries(statements)).map(([, statement]) => statement)
}
