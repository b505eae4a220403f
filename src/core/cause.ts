import type { Advice } from './advice.ts'
import type { Finding } from './finding.ts'
import type { Instant } from './time.ts'

/** Causes that no check and no stop condition is about. A closed list: it is part of the published contract. */
export const causeIds = [
  'kubernetes-unavailable',
  'redis-unavailable',
  'postgres-unavailable',
  'replica-lost',
] as const
export type CauseId = (typeof causeIds)[number]

/** What is wrong with one subject, as a check or stop condition that blocks the rollout found it. */
export interface Symptom {
  /** Id of the check or stop condition. */
  readonly id: string
  readonly finding: Finding
  /** Since when the subject is so. */
  readonly since?: Instant
}

/** A cause that is there now. */
export interface ActiveCause {
  /** A heading: `Redis at redis:6379 does not answer`. */
  readonly title: string
  readonly reason: string
  /** One sentence with what was seen. */
  readonly message: string
  /** The thing to blame, where it is one: it is named in the first action. */
  readonly subject?: string
  explains(symptom: Symptom): boolean
}

export interface Cause extends Advice {
  readonly id: CauseId
  /** Undefined when these symptoms do not show it. */
  find(symptoms: readonly Symptom[]): ActiveCause | undefined
}

/** A check or stop condition that explains what others find. */
export interface Link {
  /** Ids; the first of them that blocks explains. Neither of them is explained by the other through this link. */
  readonly by: readonly string[]
  explains(symptom: Symptom, by: Struck): boolean
}

/**
 * What explains what. Causes come before links, and each row explains only what no row before it does, so nothing explains
 * itself in a circle.
 */
export interface CauseGraph {
  readonly causes: readonly Cause[]
  readonly links: readonly Link[]
  /** What to do about what is no check, no stop condition and no cause, by its path in the document. */
  readonly others: Readonly<Record<string, Advice>>
}

export const noGraph: CauseGraph = { causes: [], links: [], others: {} }

/** Path of a cause in the document. */
export function causeRef(id: CauseId): string {
  return `causes/${id}`
}

/** Something with symptoms that has a path in the document. */
export interface Struck {
  readonly ref: string
  readonly id: string
  readonly symptoms: readonly Symptom[]
  /** Whether some of its subjects are well. */
  readonly isPartly: boolean
}

/** A cause that is there, with all that it explains. */
export interface FoundCause {
  readonly cause: Cause
  readonly active: ActiveCause
  readonly symptoms: readonly Symptom[]
}

export interface Explained {
  readonly causes: readonly FoundCause[]
  /** The path of what explains a symptom. */
  readonly by: ReadonlyMap<Symptom, string>
}

/** Finds the causes of these symptoms, and what explains each. A symptom that is not in the result explains itself. */
export function explain(items: readonly Struck[], { causes, links }: CauseGraph): Explained {
  const all = items.flatMap(({ symptoms }) => symptoms)
  const by = new Map<Symptom, string>()
  const found: FoundCause[] = []
  for (const cause of causes) {
    const open = all.filter((symptom) => !by.has(symptom))
    const active = cause.find(open)
    if (active === undefined) continue
    const symptoms = open.filter((symptom) => active.explains(symptom))
    for (const symptom of symptoms) by.set(symptom, causeRef(cause.id))
    found.push({ cause, active, symptoms })
  }
  for (const link of links) {
    const source = items.find(({ id, symptoms }) => link.by.includes(id) && symptoms.length > 0)
    if (source === undefined) continue
    for (const symptom of all)
      if (!by.has(symptom) && !link.by.includes(symptom.id) && link.explains(symptom, source))
        by.set(symptom, source.ref)
  }
  return { causes: found, by }
}
