import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigMap, ConfigMapContent } from '../kubernetes/config-map.ts'
import { plain } from '../core/text.ts'
import type { Clock, Instant, Millis } from '../core/time.ts'
import { nothingRemembered, type Memory } from '../rollout/memory.ts'
import { merge } from '../rollout/merge.ts'
import { steadyClock } from './clock.ts'
import { withoutProof, type Parsed } from './state-form.ts'
import { isNews, runOf, summaryOf } from './state-news.ts'
import { pack, unpack } from './state-packing.ts'
import { isSameSeal, UNSEALED, type Seal } from './state-seal.ts'
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
  /** Told what another hand has done to the ConfigMap. */
  tellMeddled: (what: string) => void
  /** What all knew when this replica last read or wrote. */
  base: Memory
  /** What is in the ConfigMap; undefined when that is nothing, or no state of ours. */
  kept: Memory | undefined
  /** What has to be in it. */
  latest: Memory | undefined
  /** That of the ConfigMap when it was last read or written; undefined when there was none. */
  version: string | undefined
  isRead: boolean
  /** Of the newest state that was ever seen there. */
  seal: Seal
  /** Whether this replica wrote it. */
  isOurs: boolean
  /** When the last request began that was answered, by the steady clock. */
  seenAt: Millis
  /** The same by the wall clock, for people. */
  seenOn: Instant | undefined
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
  /** What may be gone by all the same. */
  readonly rest?: Memory
}

/** Times that a write is tried against others that write too, before it is left to the next one. */
const TURNS = 12
const LONGEST_WAIT: Millis = 200

export function openSharing(options: Pick<Sharing, 'configMap' | 'clock' | 'instance' | 'most'>): Sharing {
  return {
    ...options,
    tellOther: () => {},
    tellMeddled: () => {},
    base: nothingRemembered,
    kept: undefined,
    latest: undefined,
    version: undefined,
    isRead: false,
    seal: UNSEALED,
    isOurs: false,
    seenAt: -Infinity,
    seenOn: undefined,
    stranger: undefined,
    left: '',
    writtenAt: -Infinity,
  }
}

/** Asks what there is, and notes when it was asked if there was an answer. */
async function seen<T>(sharing: Sharing, ask: () => Promise<T>): Promise<T> {
  const [at, on] = [steadyClock.now(), sharing.clock.now()]
  const answer = await ask()
  sharing.seenAt = at
  sharing.seenOn = on
  return answer
}

/** Makes sure that what was read or written last is still what is there, and takes in what else is. */
export async function confirm(sharing: Sharing): Promise<void> {
  const version = await seen(sharing, () => sharing.configMap.version())
  if (!sharing.isRead || version !== sharing.version) await look(sharing)
}

/** Reads what is there and takes it in. */
export async function look(sharing: Sharing): Promise<void> {
  const found = await seen(sharing, () => sharing.configMap.read())
  if (found.found && sharing.isRead && found.version === sharing.version) return
  const parsed = found.found ? await parse(found.content) : undefined
  // From here on in one go: what the engine saves in the meantime has to be merged too.
  const { base, latest, isRead } = sharing
  const ours = latest === undefined || isRead ? latest : readable(latest)
  const isKnown = isRead && sharing.seal.generation > 0
  sharing.isRead = true
  sharing.version = found.found ? found.version : undefined
  sharing.kept = undefined
  sharing.stranger = undefined
  if (parsed === undefined) {
    if (isKnown) sharing.tellMeddled(found.found ? 'was emptied' : 'was deleted')
    return tell(sharing, ours)
  }
  const doubt = doubtAbout(sharing, parsed, isKnown || !found.found ? undefined : found.stranger)
  if (doubt === undefined && parsed.ok) {
    sharing.seal = parsed.seal ?? sharing.seal
    sharing.isOurs = false
    sharing.base = parsed.memory
    sharing.kept = parsed.memory
    return tell(sharing, ours && merge(base, ours, parsed.memory))
  }
  const rest = parsed.ok ? withoutProof(parsed.memory) : parsed.rest
  if (isKnown && rest !== undefined) {
    // What is remembered here is what was there: it is written anew, with what the other has to say against it.
    sharing.tellMeddled(doubt ?? 'was changed')
    sharing.base = nothingRemembered
    return tell(sharing, ours && (parsed.ok ? merge(nothingRemembered, ours, rest) : ours))
  }
  const run = runOf(latest?.rollout)
  sharing.stranger = { why: doubt ?? 'it is not known', run, ...(rest !== undefined && { rest }) }
}

/** Why what was found is not what replicas of the daemon have written last; undefined when it can be. */
function doubtAbout(sharing: Sharing, parsed: Parsed, stranger: string | undefined): string | undefined {
  if (!parsed.ok) return parsed.why
  const { seal } = parsed
  if (seal === undefined)
    return sharing.seal.generation === 0 ? undefined : 'a state of an older version was put back'
  if (stranger !== undefined) return `it was written by ${plain(stranger, 60)}, not by a replica`
  if (seal.generation > sharing.seal.generation) return undefined
  return isSameSeal(seal, sharing.seal)
    ? undefined
    : `generation ${seal.generation} was put back, and ${sharing.seal.generation} was written last`
}

/** Writes what is new, after what others have written was merged into it. */
export async function write(sharing: Sharing): Promise<void> {
  for (let turn = 1; sharing.latest !== undefined && isNews(sharing.kept, sharing.latest); turn += 1) {
    if (await writeOnce(sharing, sharing.latest)) return
    await afterConflict(sharing, turn)
  }
}

/** Takes in what the other has written, after a while: of two that collide one is to go first. */
export async function afterConflict(sharing: Sharing, turn: number): Promise<void> {
  if (turn >= TURNS) throw new Error('others write to it without pause')
  await delay(Math.random() * Math.min(20 * turn, LONGEST_WAIT))
  await look(sharing)
}

/** Tries once. False: another was first. */
export async function writeOnce(sharing: Sharing, next: Memory): Promise<boolean> {
  const { configMap, clock, instance, stranger, version } = sharing
  if (stranger !== undefined && [stranger.run, ''].includes(runOf(next.rollout)))
    throw new Error(`it holds something else (${stranger.why}), which the next rollout that begins replaces`)
  const packed = await pack(next, sharing.most, sharing.seal)
  const content: ConfigMapContent = {
    data: { summary: summaryOf(next, instance, clock.now()) },
    binaryData: { state: packed.text },
  }
  const result = await seen(sharing, () =>
    version === undefined ? configMap.create(content) : configMap.replace(version, content),
  )
  if (!result.written) return false
  sharing.version = result.version
  sharing.base = next
  sharing.kept = next
  sharing.seal = packed.seal
  sharing.isOurs = true
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

/** Undefined for a ConfigMap without a first write. */
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
