import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigMap } from '../kubernetes/config-map.ts'
import { SECOND, type Clock, type Millis } from '../core/time.ts'
import { nothingRemembered } from '../rollout/memory.ts'
import { steadyClock } from './clock.ts'
import { AFTER_FAILURE, messageOf, openKeeping, type Watched } from './state-keeping.ts'
import { look, openSharing, type Sharing } from './state-sharing.ts'
import type { Loaded, StateStore } from './state-store.ts'

export interface ConfigMapStateOptions {
  readonly configMap: ConfigMap
  readonly clock: Clock
  /** Which replica of the daemon this is, for people. */
  readonly instance: string
  /** Least time between writes of what can wait: etcd is shared, and keeps every version for a while. */
  readonly pace?: Millis
  /** Bytes of the packed state at most; absent: what is right for a ConfigMap. */
  readonly most?: number
}

const PACE: Millis = SECOND
/** How long the start waits for an API server that does not answer. */
const PATIENCE: Millis = 5 * SECOND
const BETWEEN_WATCHES: Millis = 2 * SECOND

/** Longest time since a look that was answered in which nothing may be unknown of what others were told. */
const UNSEEN: Millis = 4 * SECOND

/**
 * The daemon's memory in a ConfigMap that several replicas write to. The later one reads what the other has written,
 * merges, and writes again; none overwrites what it does not know, nor what is no state of ours.
 */
export function stateConfigMap(options: ConfigMapStateOptions): StateStore {
  const { configMap, clock, instance, pace = PACE, most } = options
  const sharing = openSharing({ configMap, clock, instance, most })
  const closing = new AbortController()
  const watched: Watched = { shown: undefined, problem: '' }
  const keeping = openKeeping(sharing, watched, pace)
  return {
    load: () => load(sharing),
    save: (next) => keeping.save(next),
    keep: (change) => keeping.keep(change),
    status: () => statusOf(sharing, watched, keeping.problem),
    unseen: () => unseen(sharing),
    watch(onMeddled) {
      sharing.tellMeddled = (what) => onMeddled(`the state in ${configMap.name} ${what}, and is written anew`)
    },
    follow(onOther) {
      sharing.tellOther = onOther
      keeping.follow()
      void watch(configMap, watched, () => keeping.onShown(), closing.signal)
    },
    async close() {
      closing.abort()
      await keeping.close()
    },
  }
}

function statusOf(sharing: Sharing, watched: Watched, problem: string): ReturnType<StateStore['status']> {
  const blind = unseen(sharing)
  if (problem !== '' || blind !== undefined)
    return { ok: false, message: problem === '' ? (blind ?? '') : problem }
  const room = sharing.left === '' ? '' : `, without ${sharing.left} for lack of room`
  return { ok: true, message: `written to the ConfigMap ${sharing.configMap.name}${room}${watched.problem}` }
}

/** In the same words for as long as it lasts. */
function unseen({ seenAt, seenOn, configMap }: Sharing): string | undefined {
  if (steadyClock.now() - seenAt <= UNSEEN) return undefined
  const since = seenOn === undefined ? 'was never seen' : `was last seen at ${new Date(seenOn).toISOString()}`
  return `the state in the ConfigMap ${configMap.name} ${since}: what other replicas were told since is not known`
}

async function watch(configMap: ConfigMap, watched: Watched, onShown: () => void, stop: AbortSignal) {
  while (!stop.aborted) {
    try {
      await configMap.watch((version) => {
        watched.problem = ''
        watched.shown = { version }
        onShown()
      }, stop)
    } catch (fault) {
      watched.problem = `; ${messageOf(fault)}, so it is only read every two seconds`
      watched.shown = undefined
    }
    const pause = BETWEEN_WATCHES * (1 + Math.random())
    await delay(pause, undefined, { signal: stop, ref: false }).catch(() => {})
  }
}

async function load(sharing: Sharing): Promise<Loaded> {
  const { configMap } = sharing
  const until = steadyClock.now() + PATIENCE
  for (;;) {
    try {
      await look(sharing)
      break
    } catch (fault) {
      const message = `the state can't be read from the ConfigMap ${configMap.name}: ${messageOf(fault)}`
      if (steadyClock.now() > until) return { ok: false, message }
      await delay(AFTER_FAILURE / 4)
    }
  }
  const { stranger, kept } = sharing
  if (stranger !== undefined) {
    const message = `the state in the ConfigMap ${configMap.name} can't be trusted (${stranger.why})`
    return { ok: false, message, ...(stranger.rest !== undefined && { rest: stranger.rest }) }
  }
  sharing.latest = kept ?? nothingRemembered
  return { ok: true, memory: sharing.latest }
}
