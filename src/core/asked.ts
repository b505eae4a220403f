import { tokenOf, wholeOf, type Contents, type Part } from './content.ts'
import type { Account, Evidence, Providers } from './evidence.ts'
import type { Recollection } from './finding.ts'
import type { Target } from './observation.ts'
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
  const noted: Noted = { signals: new Map(), time: false, baselines: false, rollout: false }
  return {
    evidence: new NotedEvidence(providers, all, noted),
    recollection: new NotedRecollection(inputs, all.now, noted),
    asked() {
      if (noted.time) return { saysTheSame: () => false }
      const from = partsOf(noted.signals)
      return askedOf({
        from,
        tokens: from.map((part) => tokenOf(part, contents)),
        wholes: new Map(from.map(({ probe }) => [probe, wholeOf(probe, contents)])),
        providers,
        baselines: noted.baselines ? baselines : undefined,
        rollout: noted.rollout ? { of: rollout } : undefined,
      })
    },
  }
}

/** What one condition asked for so far. */
interface Noted {
  /** By name of the signal. */
  readonly signals: Map<string, NotedSignal>
  time: boolean
  baselines: boolean
  rollout: boolean
}

interface NotedSignal {
  readonly probe: string
  readonly components: Set<string | undefined>
}

function partsOf(signals: ReadonlyMap<string, NotedSignal>): readonly Part[] {
  return [...signals].flatMap(([signal, { probe, components }]) =>
    Array.from(components, (component) => ({ probe, signal, component })),
  )
}

// Classes, since for each getter of an object literal V8 keeps an object that outlives the literal by far, with all that the
// getter can reach.
class NotedEvidence implements Evidence {
  readonly #providers: Providers
  readonly #all: Evidence
  readonly #noted: Noted

  constructor(providers: Providers, all: Evidence, noted: Noted) {
    this.#providers = providers
    this.#all = all
    this.#noted = noted
  }

  get now(): Instant {
    this.#noted.time = true
    return this.#all.now
  }

  of(signal: Signal, where?: Labels): Account {
    this.#ask(signal, where)
    return this.#all.of(signal, where)
  }

  targets(signal: Signal, where?: Labels): readonly Target[] {
    this.#ask(signal, where)
    return this.#all.targets(signal, where)
  }

  #ask({ name, components }: Signal, where: Labels = {}): void {
    const { signals } = this.#noted
    let noted = signals.get(name)
    if (noted === undefined) {
      noted = { probe: this.#providers.get(name) ?? '', components: new Set() }
      signals.set(name, noted)
    }
    const { component } = where
    const only = component === undefined ? components : [component]
    // A target without a component may give any signal.
    noted.components.add(only === undefined ? undefined : '')
    for (const one of only ?? []) noted.components.add(one)
  }
}

class NotedRecollection implements Recollection {
  readonly #of: Pick<Inputs, 'baselines' | 'rollout'>
  readonly #now: Instant
  readonly #noted: Noted

  constructor(of: Pick<Inputs, 'baselines' | 'rollout'>, now: Instant, noted: Noted) {
    this.#of = of
    this.#now = now
    this.#noted = noted
  }

  get now(): Instant {
    this.#noted.time = true
    return this.#now
  }

  get rollout(): Recollection['rollout'] {
    this.#noted.rollout = true
    const { rollout } = this.#of
    return isActive(rollout) ? rollout : undefined
  }

  get latest(): Recollection['latest'] {
    this.#noted.rollout = true
    return this.#of.rollout
  }

  // Conditions hand these two on.
  readonly baseline = (key: string): number | undefined => {
    this.#noted.baselines = true
    return this.#of.baselines.get(key)
  }

  readonly baselines = (prefix: string): readonly string[] => {
    this.#noted.baselines = true
    return [...this.#of.baselines.keys()].filter((key) => key.startsWith(prefix)).toSorted()
  }
}

/** What was asked for, and what it said; undefined where it was not asked for. */
interface Said {
  readonly from: readonly Part[]
  readonly tokens: readonly (object | undefined)[]
  /** What their probes said as a whole. */
  readonly wholes: ReadonlyMap<string, object | undefined>
  readonly providers: Providers
  readonly baselines: Inputs['baselines'] | undefined
  readonly rollout: { readonly of: Inputs['rollout'] } | undefined
}

/** Apart, so that what stands for hours does not keep all that was believed when it was judged. */
function askedOf({ from, tokens, wholes, providers, baselines, rollout }: Said): Asked {
  return {
    saysTheSame: (next) =>
      next.providers === providers &&
      (baselines === undefined || next.baselines === baselines) &&
      (rollout === undefined || next.rollout === rollout.of) &&
      ([...wholes].every(([probe, whole]) => wholeOf(probe, next.contents) === whole) ||
        from.every((part, n) => tokenOf(part, next.contents) === tokens[n])),
  }
}
