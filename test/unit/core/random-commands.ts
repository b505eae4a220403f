import type { Rules, Snapshot } from '../../../src/core/snapshot.ts'
import { acknowledge, begin, finish } from '../../../src/rollout/commands.ts'
import { endOverride, override } from '../../../src/rollout/overrides.ts'
import { platformRules } from '../rules/platform-world.ts'
import { done } from './random-world.ts'

/** What a person says in a random walk, and the rules that a reload may replace. */

export type Command = 'begin' | 'acknowledge' | 'finish' | 'override' | 'end'

const author = { actor: 'tester', reason: 'random' }

/** One of each kind, which damage often hits. */
const overridden = ['redis-memory-pressure', 'outbox-dispatch', 'readiness'] as const

export function commanded(what: Command, snapshot: Snapshot, at: number): Snapshot {
  switch (what) {
    case 'override': {
      const [item = '', until] = [overridden[at % overridden.length], at + 61_000]
      const wish = { item, until, latched: at % 2 === 0, replace: true }
      return done(override(snapshot, rulesNamed(false), wish, author, at), snapshot)
    }
    case 'end':
      return overridden.reduce((held, id) => done(endOverride(held, id, author, at), held), snapshot)
    case 'begin':
      return done(begin(snapshot, { ...author, id: `rollout-${at}`, supersede: true }, at), snapshot)
    case 'finish':
      return done(
        finish(snapshot, snapshot.rollout?.id ?? '', { outcome: 'done', force: true }, author, at),
        snapshot,
      )
    case 'acknowledge':
      return [...snapshot.stops.keys()].reduce(
        (held, id) => done(acknowledge(held, id, author, at), held),
        snapshot,
      )
  }
}

export function rulesNamed(long: boolean): Rules {
  const rules = platformRules({ steady: long ? 30_000 : 10_000 })
  return long
    ? {
        ...rules,
        shadows: new Map([
          ['sts-unready', 30_000],
          ['readiness', 400_000],
        ]),
      }
    : rules
}
