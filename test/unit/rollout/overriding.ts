import { noGraph } from '../../../src/core/cause.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { HOUR } from '../../../src/core/time.ts'
import { begin, type Result } from '../../../src/rollout/commands.ts'
import { evaluate, type Evaluated } from '../../../src/rollout/evaluation.ts'
import { nothingRemembered, recall } from '../../../src/rollout/memory.ts'
import { override, type Wish } from '../../../src/rollout/overrides.ts'
import { showing, type Shown } from '../../support/timeline.ts'
import { aCheck, smallRules } from '../core/small-rules.ts'
import { author } from './commanding.ts'

export const rules = smallRules({
  gates: [
    {
      id: 'depth',
      title: 'Depth',
      checks: [aCheck('shallow'), aCheck('asked', { notAsked: () => undefined })],
    },
    { id: 'off', title: 'Off', checks: [aCheck('none')] },
  ],
  skipped: new Map([['off', 'staging has none']]),
  graph: noGraph,
})
export const wish: Wish = { item: 'deep', until: 2 * HOUR, latched: false, replace: false }

/** A daemon without sockets: what is shown, and what people say, one after the other. */
export function daemon() {
  let held: Evaluated = { snapshot: initialSnapshot(0, rules), memory: nothingRemembered }
  const pass = (at: number, shown: Shown | undefined, commanded: Result | undefined) => {
    const { snapshot = held.snapshot, events = [] } = commanded?.ok === true ? commanded : {}
    const batches = shown === undefined ? [] : [showing(at, shown)]
    held = evaluate(held, { now: at, batches, commanded: snapshot, events }, rules, 'caracal')
    return held.snapshot
  }
  return {
    get held() {
      return held
    },
    see: (at: number, shown?: Shown) => pass(at, shown, undefined),
    say(at: number, command: (snapshot: Snapshot, now: number) => Result): Result {
      const result = command(held.snapshot, at)
      pass(at, undefined, result)
      return result
    },
    restart(at: number) {
      held = { ...held, snapshot: recall(initialSnapshot(at, rules), held.memory) }
    },
    lines: () =>
      held.memory.ledger
        .filter(({ kind }) => kind === 'override')
        .map(({ at, subject, from, to, message, actor, rollout }) =>
          [at, subject, `${from} -> ${to}`, message, actor ?? '-', rollout ?? '-'].join(' | '),
        ),
  }
}

type Daemon = ReturnType<typeof daemon>

export const overriding =
  (changes: Partial<Wish> = {}, by = author) =>
  (snapshot: Snapshot, now: number) =>
    override(snapshot, rules, { ...wish, ...changes }, by, now)
export const beginning = (id: string) => (snapshot: Snapshot, now: number) =>
  begin(snapshot, { ...author, id, supersede: true }, now)

/** A rollout under way, in which everything is well but the checks. */
export function underWay(): Daemon {
  const one = daemon()
  one.see(1_000, { a: 1 })
  one.say(2_000, beginning('r1'))
  return one
}
