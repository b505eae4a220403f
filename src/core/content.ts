import { freshUntil, type Belief, type Beliefs, type ProbeBelief } from './belief.ts'
import type { Target } from './observation.ts'
import type { Instant } from './time.ts'

/** Stands for what something says: the same object for as long as it says the same. */
type Token = object

/** What the beliefs of one probe say at an instant, without the dates of its looks. */
interface Content {
  readonly whole: Token
  /** Of the targets of one component alone; under the empty name of those that have none. */
  readonly components: ReadonlyMap<string, Token>
  readonly stale: ReadonlySet<string>
  /** The last instant at which it says this, if no look comes. */
  readonly until: Instant
}

/** What all beliefs say at an instant. */
export interface Contents {
  readonly beliefs: Beliefs
  readonly whole: Token
  readonly of: ReadonlyMap<string, Content>
  readonly until: Instant
}

/**
 * What `beliefs` say at `now`. Tokens of what says the same as `before` are those of before. A look that says what the last
 * one said only moves `until`.
 */
export function contentsOf(before: Contents | undefined, beliefs: Beliefs, now: Instant): Contents {
  const of = new Map<string, Content>()
  let isSame = before !== undefined && before.of.size === beliefs.size
  let until = Infinity
  for (const [probe, belief] of beliefs) {
    const [known, content] = [before?.beliefs.get(probe), before?.of.get(probe)]
    const isUntouched = known === belief && content !== undefined && now <= content.until
    const next = isUntouched ? content : contentOf(known, content, belief, now)
    isSame &&= next.whole === content?.whole
    until = Math.min(until, next.until)
    of.set(probe, next)
  }
  return { beliefs, whole: isSame && before !== undefined ? before.whole : {}, of, until }
}

function contentOf(
  known: ProbeBelief | undefined,
  before: Content | undefined,
  { targets }: ProbeBelief,
  now: Instant,
): Content {
  const stale = new Set<string>()
  const others = new Set<string>()
  let until = Infinity
  for (const [id, belief] of targets) {
    const end = freshUntil(belief)
    if (now > end) stale.add(id)
    else until = Math.min(until, end)
    const held = known?.targets.get(id)
    if (held === undefined || before?.stale.has(id) !== stale.has(id) || !saysTheSame(held, belief))
      others.add(componentOf(belief.target))
  }
  for (const [id, { target }] of known?.targets ?? []) if (!targets.has(id)) others.add(componentOf(target))
  if (before !== undefined && others.size === 0) return { ...before, until }
  const components = new Map(before?.components)
  for (const component of others) components.set(component, {})
  return { whole: {}, components, stale, until }
}

function saysTheSame(a: Belief, b: Belief): boolean {
  return a === b || (a.target === b.target && a.last?.outcome === b.last?.outcome)
}

function componentOf({ labels }: Target): string {
  return labels['component'] ?? ''
}
