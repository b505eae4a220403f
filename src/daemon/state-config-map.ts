import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigMap } from '../cluster/config-map.ts'
import { SECOND, type Clock, type Millis } from '../core/time.ts'
import { nothingRemembered } from '../rollout/memory.ts'
import { steadyClock } from './clock.ts'
import { isUrgent } from './state-news.ts'
import { openRounds } from './state-rounds.ts'
import { look, openSharing, write, type Sharing } from './state-sharing.ts'
import type { Loaded, StateStore } from './state-store.ts'

export interface ConfigMapStateOptions {
  readonly configMap: ConfigMap
  readonly clock: Clock
  /** Which replica of the daemon this is, for people. */
  readonly instance: string
  /** Least time between writes of what can wait: etcd is shared, and keeps every version for a while. */
  readonly pace?: Millis
  /** Bytes of the packed state at most; absent: what a ConfigMap takes. */
  readonly most?: number
}

const PACE: Millis = SECOND
/** How long the start waits for an API server that does not answer. */
const PATIENCE: Millis = 5 * SECOND
const AFTER_FAILURE: Millis = SECOND
const BETWEEN_WATCHES: Millis = 2 * SECOND

/**
 * The daemon's memory in a ConfigMap that several replicas write to. Whoever is late reads what the other has written,
 * merges, and writes again; nobody overwrites what it does not know, nor what is no state of ours.
 */
export function stateConfigMap(options: ConfigMapStateOptions): StateStore {
  const { configMap, clock, instance, pace = PACE, most } = options
  const sharing = openSharing({ configMap, clock, instance, most })
  const closing = new AbortController()
  const watched: Watched = { shown: undefined, problem: '' }
  const rounds = openRounds(settle)
  let problem = ''

  /** Takes in what the watch has shown, and writes what is new. Returns when to try again. */
  async function settle(): Promise<Millis | undefined> {
    const { shown } = watched
    watched.shown = undefined
    try {
      if (!sharing.isRead || (shown !== undefined && shown.version !== sharing.version)) await look(sharing)
      await write(sharing)
      problem = ''
    } catch (fault) {
      problem = `the state can't be kept in the ConfigMap ${configMap.name}: ${messageOf(fault)}`
      watched.shown ??= shown
      return AFTER_FAILURE * (1 + Math.random())
    }
    return isShown() ? 0 : undefined
  }

  /** Whether there is another version than the one that was read or written last; our own is shown to us too. */
  function isShown(): boolean {
    return watched.shown !== undefined && watched.shown.version !== sharing.version
  }

  return {
    load: () => load(sharing),
    save(next) {
      sharing.latest = next
      const wait = isUrgent(sharing.kept ?? nothingRemembered, next)
        ? 0
        : sharing.writtenAt + pace - steadyClock.now()
      return rounds.planned(problem === '' ? wait : Math.max(wait, AFTER_FAILURE / 4))
    },
    status() {
      if (problem !== '') return { ok: false, message: problem }
      const room = sharing.left === '' ? '' : `, without ${sharing.left} for lack of room`
      return { ok: true, message: `written to the ConfigMap ${configMap.name}${room}${watched.problem}` }
    },
    follow(onOther) {
      sharing.tellOther = onOther
      void watch(configMap, watched, () => isShown() && rounds.plan(0), closing.signal)
    },
    async close() {
      closing.abort()
      await rounds.close()
    },
  }
}

/** What the watch has shown, until it is known what it holds. */
interface Watched {
  shown: { readonly version: string | undefined } | undefined
  problem: string
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
      watched.problem = `; ${messageOf(fault)}, so it is looked at every few seconds only`
      // No version is called so: whatever is there has to be looked at.
      watched.shown = { version: '' }
      onShown()
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
    return { ok: false, message }
  }
  sharing.latest = kept ?? nothingRemembered
  return { ok: true, memory: sharing.latest }
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
