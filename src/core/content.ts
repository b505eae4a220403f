import { freshUntil, type Belief, type Beliefs, type ProbeBelief } from './belief.ts'
import type { Outcome, Target } from './observation.ts'
import { isSame } from './same.ts'
import type { Reading } from './signal.ts'
import type { Instant } from './time.ts'

/** Stands for what something says: the same object for as long as it says the same. */
type Token = object

/** What some targets of a probe say. */
interface Said {
  /** Of signals that have said nothing of their own since. */
  readonly token: Token
  readonly signals: ReadonlyMap<string, Token>
}

/** What the beliefs of one probe say at an instant, without the dates of its looks. */
interface Content {
  readonly token: Token
  /** By component of the targets; under the empty name what those say that have none, under `ALL` what all say. */
  readonly said: ReadonlyMap<string, Said>
  readonly stale: ReadonlySet<string>
  /** The last instant at which it says this, if no look comes. */
  readonly until: Instant
}

/** What all beliefs say at an instant. */
export interface Contents {
  readonly beliefs: Beliefs
  readonly token: Token
  readonly of: ReadonlyMap<string, Content>
  readonly until: Instant
}

/** A part of what is believed: a signal as a probe gives it, of the targets of one component alone or of all. */
export interface Part {
  readonly probe: string
  readonly signal: string
  readonly component: string | undefined
}

/** What a probe says as a whole: as long as it is the same, every part of it is. */
export function wholeOf(probe: string, { of }: Contents): Token | undefined {
  return of.get(probe)?.token
}

/** What a part says. */
export function tokenOf({ probe, signal, component = ALL }: Part, { of }: Contents): Token | undefined {
  const said = of.get(probe)?.said.get(component)
  return said?.signals.get(signal) ?? said?.token
}

const ALL = '*'

/**
 * What `beliefs` say at `now`. Tokens of what says the same as `before` are those of before. A look that says what the last
 * one said only moves `until`.
 */
export function contentsOf(before: Contents | undefined, beliefs: Beliefs, now: Instant): Contents {
  const of = new Map<string, Content>()
  let saysTheSame = before !== undefined && before.of.size === beliefs.size
  let until = Infinity
  for (const [probe, belief] of beliefs) {
    const [known, content] = [before?.beliefs.get(probe), before?.of.get(probe)]
    const isUntouched = known === belief && content !== undefined && now <= content.until
    const next = isUntouched ? content : contentOf(known, content, belief, now)
    saysTheSame &&= next.token === content?.token
    until = Math.min(until, next.until)
    of.set(probe, next)
  }
  return { beliefs, token: saysTheSame && before !== undefined ? before.token : {}, of, until }
}

function contentOf(
  known: ProbeBelief | undefined,
  before: Content | undefined,
  { targets }: ProbeBelief,
  now: Instant,
): Content {
  const stale = new Set<string>()
  let until = Infinity
  let said: Map<string, Said> | undefined
  function note(target: Target, signals: News): void {
    said ??= new Map(before?.said)
    for (const name of [componentOf(target), ALL]) said.set(name, saying(said.get(name), signals))
  }
  for (const [id, belief] of targets) {
    const end = freshUntil(belief)
    if (now > end) stale.add(id)
    else until = Math.min(until, end)
    const held = known?.targets.get(id)
    const isAsFresh = before?.stale.has(id) === stale.has(id)
    // Of what is stale its date is what is said.
    const isAsDated = !stale.has(id) || held?.last?.at === belief.last?.at
    const news = held !== undefined && isAsFresh && isAsDated ? newsIn(held, belief) : 'all'
    if (news !== undefined) note(belief.target, news)
  }
  for (const [id, { target }] of known?.targets ?? []) if (!targets.has(id)) note(target, 'all')
  if (before !== undefined && said === undefined) return { ...before, until }
  return { token: {}, said: said ?? new Map(), stale, until }
}

/** The signals that say something else, or all of them. */
type News = 'all' | readonly string[]

function saying(before: Said | undefined, news: News): Said {
  if (before === undefined || news === 'all') return { token: {}, signals: new Map() }
  const signals = new Map(before.signals)
  for (const signal of news) signals.set(signal, {})
  return { ...before, signals }
}

function newsIn(before: Belief, after: Belief): News | undefined {
  const [was, is] = [before.last?.outcome, after.last?.outcome]
  if (before === after || (before.target === after.target && was === is)) return undefined
  if (before.target !== after.target || was === undefined || is === undefined) return 'all'
  return otherSignals(was, is)
}

function otherSignals(was: Outcome, is: Outcome): News {
  if (!was.ok || !is.ok || !isSame(was.blindSpots, is.blindSpots)) return 'all'
  const isInPlace = ({ signal }: Reading, n: number): boolean => signal === was.readings[n]?.signal
  // As almost always: nothing has to be sorted by signal.
  if (was.readings.length === is.readings.length && is.readings.every(isInPlace)) {
    const others = is.readings.filter((reading, n) => !isSame(was.readings[n], reading))
    return [...new Set(others.map(({ signal }) => signal))]
  }
  const [before, after] = [readingsOf(was), readingsOf(is)]
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => !isSame(before.get(name), after.get(name)))
}

function readingsOf(outcome: Outcome & { readonly ok: true }) {
  return Map.groupBy(outcome.readings, ({ signal }) => signal)
}

function componentOf({ labels }: Target): string {
  return labels['component'] ?? ''
}
