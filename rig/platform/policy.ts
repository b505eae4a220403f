/** How the policies of a zone are bad: they do not compile, or are refused before they are compiled. */
export type PolicyBreak = 'compile' | 'refuse'

export type PolicyEngine = {
  readonly counters: {
    evaluations: number
    evaluationErrors: number
    compiles: number
    compileErrors: number
  }
  /** Takes the zone's newest policy. Throws when it can't, which leaves the message that asked for it pending. */
  load(zone: string): void
  /** Looks after the zones that are loaded, and no other, as every minute. */
  poll(): void
  /** Why everything is denied, or undefined where a policy decides; a zone that never loaded cannot be judged at all. */
  evaluate(zone: string): 'no_active_policy_set' | 'unavailable' | undefined
  /** The policy set version that decides in the zone; empty where none was loaded. */
  version(zone: string): string
  /** Age in seconds of what has been loaded for longest; 0 before anything was. */
  maxAge(): number
  /** Whether every policy that is loaded from now on is bad. */
  breakPolicies(how: PolicyBreak | undefined): void
}

type Zone = { readonly bundle: 'loaded' | 'deny-all'; readonly version: string; readonly loadedAt: number }

/**
 * The policies of one STS replica: nothing is loaded before a zone is asked about.
 * @param active the version that is active now
 */
export function newPolicyEngine(active: () => string): PolicyEngine {
  const counters = { evaluations: 0, evaluationErrors: 0, compiles: 0, compileErrors: 0 }
  const zones = new Map<string, Zone>()
  let broken: PolicyBreak | undefined

  function load(zone: string): void {
    if (broken === 'refuse') {
      // No counter moves, and each further attempt makes the fallback young again (T54).
      zones.set(zone, { bundle: 'deny-all', version: '', loadedAt: Date.now() })
      throw new Error(`validate policy bundle for zone ${zone}: rule is not supported`)
    }
    counters.compiles += 1
    if (broken === 'compile') {
      counters.compileErrors += 1
      throw new Error(`compile policy bundle for zone ${zone}: rego_type_error`)
    }
    zones.set(zone, { bundle: 'loaded', version: active(), loadedAt: Date.now() })
  }

  function tryToLoad(zone: string): void {
    try {
      load(zone)
    } catch {
      // The real one writes it into its log.
    }
  }

  return {
    counters,
    load,
    poll() {
      for (const [zone, { bundle, version }] of zones)
        if (broken !== undefined || bundle === 'deny-all' || version !== active()) tryToLoad(zone)
    },
    evaluate(zone) {
      counters.evaluations += 1
      if (!zones.has(zone)) tryToLoad(zone)
      const bundle = zones.get(zone)?.bundle
      if (bundle === undefined) {
        counters.evaluationErrors += 1
        return 'unavailable'
      }
      return bundle === 'loaded' ? undefined : 'no_active_policy_set'
    },
    version: (zone) => zones.get(zone)?.version ?? '',
    maxAge: () =>
      zones.size === 0
        ? 0
        : (Date.now() - Math.min(...[...zones.values()].map(({ loadedAt }) => loadedAt))) / 1_000,
    breakPolicies(how) {
      broken = how
    },
  }
}
