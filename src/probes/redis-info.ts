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

/** Decodes the reply to `INFO`. */
export function decodeInfo(text: string): ServerFacts {
  const lines = text.split('\n').map((line) => line.trim())
  const fields = new Map(lines.filter((line) => !line.startsWith('#')).map(nameAndValue))
  return {
    loading: fields.get('loading') === '1',
    usedMemory: numberIn(fields, 'used_memory'),
    maxMemory: numberIn(fields, 'maxmemory'),
    systemMemory: numberIn(fields, 'total_system_memory'),
    evictionPolicy: fields.get('maxmemory_policy'),
    evictedKeys: numberIn(fields, 'evicted_keys'),
    // The section is there, and empty, when nothing was refused yet.
    rejectedWrites: lines.includes('# Errorstats')
      ? errorsIn(fields, 'OOM') + errorsIn(fields, 'MISCONF')
      : undefined,
    persistence: persistenceIn(fields),
  }
}

type Fields = ReadonlyMap<string, string>

/**
 * The platform's configuration has `appendonly yes`, and saves a snapshot beside it whose failure makes Redis refuse
 * writes. Without the append-only file, snapshots do, once one was seen: `INFO` does not say whether any is due.
 */
function persistenceIn(fields: Fields): Persistence | undefined {
  const appends = fields.get('aof_enabled')
  const written = fields.get('aof_last_write_status')
  const saved = fields.get('rdb_last_bgsave_status')
  const saves = numberIn(fields, 'rdb_saves')
  if (appends === undefined || saved === undefined) return undefined
  if (appends === '1' && written === undefined) return undefined
  if (appends !== '1' && saves === undefined) return undefined
  if (saved !== 'ok') return { ok: false, detail: 'the last save of a snapshot failed' }
  if (appends === '1')
    return written === 'ok'
      ? { ok: true, detail: 'append-only file' }
      : { ok: false, detail: 'the last write to the append-only file failed' }
  return saves === 0
    ? { ok: false, detail: 'the append-only file is off and no snapshot was saved since the server started' }
    : { ok: true, detail: 'snapshots only: the append-only file is off' }
}

function nameAndValue(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)]
}

function numberIn(fields: Fields, name: string): number | undefined {
  const text = fields.get(name)
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function errorsIn(fields: Fields, kind: string): number {
  return Number(/^count=(\d{1,15})$/.exec(fields.get(`errorstat_${kind}`) ?? '')?.[1] ?? 0)
}
