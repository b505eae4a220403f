import { onlyField } from '../connections/redis.ts'

/** What `INFO` says of one server, as far as it is needed; what a server leaves out is undefined. */
export interface ServerFacts {
  readonly loading: boolean
  readonly usedMemory: number | undefined
  readonly maxMemory: number | undefined
  readonly systemMemory: number | undefined
  readonly evictionPolicy: string | undefined
  readonly evictedKeys: number | undefined
  /** Commands refused for lack of memory or because Redis can't persist, since it started. */
  readonly rejectedWrites: number | undefined
  readonly persistence: Persistence | undefined
}

export interface Persistence {
  readonly ok: boolean
  /** How it persists, or what is wrong. */
  readonly detail: string
}

/** Decodes the reply to `INFO`: of its two hundred lines those that are needed. */
export function decodeInfo(info: string): ServerFacts {
  return {
    loading: onlyField(info, 'loading') === '1',
    usedMemory: numberIn(info, 'used_memory'),
    maxMemory: numberIn(info, 'maxmemory'),
    systemMemory: numberIn(info, 'total_system_memory'),
    evictionPolicy: onlyField(info, 'maxmemory_policy'),
    evictedKeys: numberIn(info, 'evicted_keys'),
    // The section is there, and empty, when nothing was refused yet.
    rejectedWrites: /^# Errorstats\s*$/m.test(info)
      ? errorsIn(info, 'OOM') + errorsIn(info, 'MISCONF')
      : undefined,
    persistence: persistenceIn(info),
  }
}

/**
 * The platform's configuration has `appendonly yes`, and saves a snapshot beside it whose failure makes Redis refuse
 * writes. Without the append-only file, snapshots do, once one was seen: `INFO` does not say whether any is due.
 */
function persistenceIn(info: string): Persistence | undefined {
  const appends = onlyField(info, 'aof_enabled')
  const written = onlyField(info, 'aof_last_write_status')
  const saved = onlyField(info, 'rdb_last_bgsave_status')
  const saves = numberIn(info, 'rdb_saves')
  if (appends === undefined || saved === undefined) return undefined
  if (appends === '1' && written === undefined) return undefined
  if (appends !== '1' && saves === undefined) return undefined
  if (saved !== 'ok') return persistences.saveFailed
  if (appends === '1') return written === 'ok' ? persistences.appends : persistences.appendFailed
  return saves === 0 ? persistences.none : persistences.saves
}

/** Each one object, so that the same is the same. */
const persistences = {
  saveFailed: { ok: false, detail: 'the last save of a snapshot failed' },
  appends: { ok: true, detail: 'append-only file' },
  appendFailed: { ok: false, detail: 'the last write to the append-only file failed' },
  none: {
    ok: false,
    detail: 'the append-only file is off and no snapshot was saved since the server started',
  },
  saves: { ok: true, detail: 'snapshots only: the append-only file is off' },
} as const satisfies Readonly<Record<string, Persistence>>

function numberIn(info: string, name: string): number | undefined {
  const text = onlyField(info, name)
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function errorsIn(info: string, kind: string): number {
  return Number(/^count=(\d{1,15})$/.exec(onlyField(info, `errorstat_${kind}`) ?? '')?.[1] ?? 0)
}
