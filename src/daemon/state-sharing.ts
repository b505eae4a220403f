import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigMap, ConfigMapContent } from '../cluster/config-map.ts'
import type { Clock, Millis } from '../core/time.ts'
import { nothingRemembered, type Memory } from '../rollout/memory.ts'
import { merge } from '../rollout/merge.ts'
import { steadyClock } from './clock.ts'
import type { Parsed } from './state-form.ts'
import { isNews, runOf, summaryOf } from './state-news.ts'
import { pack, unpack } from './state-packing.ts'
import { STATE_UNREADABLE } from './state-store.ts'

/** One replica's view of the ConfigMap that it shares with others. */
export interface Sharing {
  readonly configMap: ConfigMap
  readonly clock: Clock
  /** Which replica this is, for people. */
  readonly instance: string
  /** Bytes of the packed state at most; absent: what a ConfigMap takes. */
  readonly most: number | undefined
  /** Told when what has to be kept is more than what was saved here. */
  tellOther: (memory: Memory) => void
  /** What all knew when this replica last read or wrote. */
  base: Memory
  /** What is in the ConfigMap; undefined when that is nothing, or no state of ours. */
  kept: Memory | undefined
  /** What has to be in it. */
  latest: Memory | undefined
  /** That of the ConfigMap when it was last read or written; undefined when there was none. */
  version: string | undefined
  isRead: boolean
  stranger: Stranger | undefined
  /** What there was no room for, in words. */
  left: string
  /** By the steady clock. */
  writtenAt: Millis
}

/** Something in the ConfigMap that is not a state of ours, and the rollout that was under way when it was found. */
export interface Stranger {
  readonly why: string
  readonly run: string
}

/** Times that a write is tried against others that write too, before it is left to the next one. */
const TURNS = 12
const LONGEST_WAIT: Millis = 200

export function openSharing(options: Pick<Sharing, 'configMap' | 'clock' | 'instance' | 'most'>): Sharing {
  return {
    ...options,
    tellOther: () => {},
    base: nothingRemembered,
    kept: undefined,
    latest: undefined,
    version: undefined,
    isRead: false,
    stranger: undefined,
    left: '',
    writtenAt: -Infinity,
  }
}

/** Reads what is there and takes it in. */
export async function look(sharing: Sharing): Promise<void> {
  const found = await sharing.configMap.read()
  if (found.found && sharing.isRead && found.version === sharing.version) return
  const parsed = found.found ? await parse(found.content) : undefined
  // From here on in one go: what the engine saves in the meantime has to be merged too.
  const { base, latest, isRead } = sharing
  const ours = latest === undefined || isRead ? latest : readable(latest)
  sharing.isRead = true
  sharing.version = found.found ? found.version : undefined
  sharing.kept = undefined
  sharing.stranger = undefined
  if (parsed?.ok === false) {
    sharing.stranger = { why: parsed.why, run: runOf(latest?.rollout) }
    return
  }
  if (parsed === undefined) return tell(sharing, ours)
  sharing.base = parsed.memory
  sharing.kept = parsed.memory
  tell(sharing, ours && merge(base, ours, parsed.memory))
}

/** Writes what is new, after what others have written was merged into it. */
export async function write(sharing: Sharing): Promise<void> {
  for (let turn = 1; sharing.latest !== undefined && isNews(sharing.kept, sharing.latest); turn += 1) {
    if (await writeOnce(sharing, sharing.latest)) return
    if (turn >= TURNS) throw new Error('others write to it without pause')
    // Of two that collide one is to go first.
    await delay(Math.random() * Math.min(20 * turn, LONGEST_WAIT))
    await look(sharing)
  }
}

async function writeOnce(sharing: Sharing, next: Memory): Promise<boolean> {
  const { configMap, clock, instance, stranger, version } = sharing
  if (stranger !== undefined && [stranger.run, ''].includes(runOf(next.rollout)))
    throw new Error(`it holds something else (${stranger.why}), which the next rollout that begins replaces`)
  const packed = await pack(next, sharing.most)
  const content: ConfigMapContent = {
    data: { summary: summaryOf(next, instance, clock.now()) },
    binaryData: { state: packed.text },
  }
  const result =
    version === undefined ? await configMap.create(content) : await configMap.replace(version, content)
  if (!result.written) return false
  sharing.version = result.version
  sharing.base = next
  sharing.kept = next
  sharing.stranger = undefined
  sharing.left = packed.left
  sharing.writtenAt = steadyClock.now()
  return true
}

function tell(sharing: Sharing, merged: Memory | undefined): void {
  const { latest } = sharing
  if (merged === undefined || merged === latest) return
  if (latest !== undefined && !isNews(latest, merged) && latest.history.length === merged.history.length)
    return
  sharing.latest = merged
  sharing.tellOther(merged)
}

/** Undefined for a ConfigMap that nobody has written to yet. */
async function parse({ data, binaryData }: ConfigMapContent): Promise<Parsed | undefined> {
  const text = binaryData['state']
  if (text !== undefined) return unpack(text)
  const keys = [...Object.keys(data), ...Object.keys(binaryData)]
  return keys.length === 0 ? undefined : { ok: false, why: `it has ${keys.join(', ')} and no state` }
}

/** What could not be read at the start was found after all: nothing is lost. */
function readable(memory: Memory): Memory {
  const { impediments, ...rest } = memory
  const others = Object.entries(impediments ?? {}).filter(([id]) => id !== STATE_UNREADABLE)
  return { ...rest, ...(others.length > 0 && { impediments: Object.fromEntries(others) }) }
}
