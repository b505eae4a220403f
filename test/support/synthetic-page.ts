import { ready } from '../../src/rules/signals.ts'
import type { Batch } from '../../src/core/observation.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../src/core/snapshot.ts'
import { step } from '../../src/core/step.ts'
import type { PublishContext } from '../../src/http/context.ts'
import { startServer, type Server } from '../../src/http/server.ts'
import { newBoard, newContext, rollout, standardRules, start } from '../unit/http/context.ts'
import { aRelease } from '../unit/http/release.ts'

/** A release of so many pods, a multiple of 12, as one whole round of looks shows it; every seventh is not ready. */
export function syntheticRelease(pods: number): { readonly snapshot: Snapshot; readonly rules: Rules } {
  const rounds = pods === 0 ? [] : aRelease(pods).map(withUnready)
  const providers = new Map(
    rounds.flatMap(({ probe, observations }) =>
      observations.flatMap(({ outcome }) =>
        outcome.ok ? outcome.readings.map(({ signal }) => [signal, probe] as const) : [],
      ),
    ),
  )
  const rules = standardRules(providers)
  const first = { ...initialSnapshot(start, rules), rollout }
  return { rules, snapshot: step(first, rounds, start + 1_000, rules) }
}

function withUnready(round: Batch): Batch {
  const observations = round.observations.map((observation, place) => {
    const { outcome, target } = observation
    if (!outcome.ok || place % 7 !== 3) return observation
    const readings = outcome.readings.map((reading) =>
      reading.signal === ready.name
        ? { ...reading, value: 0, detail: 'redis_unreachable', facts: { code: 'redis_unreachable' } }
        : reading,
    )
    return { ...observation, target, outcome: { ...outcome, readings } }
  })
  return { ...round, observations }
}

/** Serves the page of a snapshot that never changes, by the server that the daemon has. */
export function serveSnapshot(
  snapshot: Snapshot | undefined,
  rules: Rules,
  more: Partial<PublishContext> = {},
): Promise<Server> {
  const context = newContext(newBoard(snapshot), rules, more)
  return startServer(context, { listen: { host: '127.0.0.1', port: 0 } })
}
