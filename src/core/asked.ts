import { tokenOf, type Contents, type Part } from './content.ts'
import type { Evidence, Providers } from './evidence.ts'
import type { Recollection } from './finding.ts'
import { isActive } from './rollout.ts'
import type { Labels, Signal } from './signal.ts'
import type { Snapshot } from './snapshot.ts'
import type { Instant } from './time.ts'

/** What conditions are judged by. */
export interface Inputs extends Pick<Snapshot, 'baselines'> {
  readonly rollout: Snapshot['rollout']
  readonly contents: Contents
  readonly providers: Providers
}

/** What a condition asked for when it was judged. */
export interface Asked {
  /** Whether all of it says the same now as then; never where the time itself was asked for. */
  saysTheSame(now: Inputs): boolean
}

/** Hands out what conditions are judged by, and notes what one of them asks for. */
export interface Asking {
  readonly evidence: Evidence
  readonly recollection: Recollection
  asked(): Asked
}

export function newAsking(inputs: Inputs, all: Evidence): Asking {
  const { contents, providers, baselines, rollout } = inputs
  const parts = new Map<string, Part>()
  const others = { time: false, baselines: false, rollout: false }

  function ask(signal: Signal, where: Labels = {}): void {
    const probe = providers.get(signal.name) ?? ''
    const { component: one } = where
    const only = one === undefined ? signal.components : [one]
    // A target without a component may give any signal.
    for (const component of only === undefined ? [undefined] : ['', ...only])
      parts.set(`${signal.name} ${component}`, { probe, signal: signal.name, component })
  }

  return {
    evidence: {
      get now(): Instant {
        others.time = true
        return all.now
      },
      of(signal, where) {
        ask(signal, where)
        return all.of(signal, where)
      },
      targets(signal, where) {
        ask(signal, where)
        return all.targets(signal, where)
      },
    },
    recollection: recollectionOf(inputs, all.now, others),
    asked() {
      if (others.time) return { saysTheSame: () => false }
      const from = [...parts.values()]
      return askedOf({
        from,
        tokens: from.map((part) => tokenOf(part, contents)),
        providers,
        baselines: others.baselines ? baselines : undefined,
        rollout: others.rollout ? { of: rollout } : undefined,
      })
    },
  }
}

/** What was asked for, and what it said; undefined where it was not asked for. */
interface Said {
  readonly from: readonly Part[]
  readonly tokens: readonly (object | undefined)[]
  readonly providers: Providers
  readonly baselines: Inputs['baselines'] | undefined
  readonly rollout: { readonly of: Inputs['rollout'] } | undefined
}

/** Apart, so that what stands for hours does not keep all that was believed when it was judged. */
function askedOf({ from, tokens, providers, baselines, rollout }: Said): Asked {
  return {
    saysTheSame: (next) =>
      next.providers === providers &&
      (baselines === undefined || next.baselines === baselines) &&
      (rollout === undefined || next.rollout === rollout.of) &&
      from.every((part, n) => tokenOf(part, next.contents) === tokens[n]),
  }
}

function recollectionOf(
  { baselines, rollout }: Inputs,
  now: Instant,
  asked: { time: boolean; baselines: boolean; rollout: boolean },
): Recollection {
  return {
    get now() {
      asked.time = true
      return now
    },
    get rollout() {
      asked.rollout = true
      return isActive(rollout) ? rollout : undefined
    },
    get latest() {
      asked.rollout = true
      return rollout
    },
    baseline(key) {
      asked.baselines = true
      return baselines.get(key)
    },
    baselines(prefix) {
      asked.baselines = true
      return [...baselines.keys()].filter((key) => key.startsWith(prefix)).toSorted()
    },
  }
}
