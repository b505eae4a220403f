import type { Observation } from '../core/observation.ts'
import { byNewest, heldEvidence, pieceOf } from '../core/pushed.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { plain } from '../core/text.ts'
import { SECOND, type Instant } from '../core/time.ts'
import { expectedIn, type EvidenceBody } from '../contract/commands.ts'
import { toRollout } from '../http/document.ts'
import type { Actor, CommandResult, Commands } from '../http/context.ts'
import { acknowledge, begin, finish, type Result } from '../rollout/commands.ts'
import { takeEvidence } from '../rollout/evidence.ts'
import { endOverride, override } from '../rollout/overrides.ts'
import type { Event } from '../rollout/ledger.ts'
import type { Apply, Engine } from './engine.ts'
import { admit, type Admission } from './evidence.ts'

/** The commands of the HTTP interface, carried out by the engine. */
export function commandsOf(engine: Engine): Commands {
  async function carryOut(
    apply: Apply,
    answer: (snapshot: Snapshot) => object,
    status: 200 | 201 = 200,
  ): Promise<CommandResult> {
    const result = await engine.command(apply)
    if (result.ok) return { ok: true, status, body: answer(engine.current()) }
    return result
  }

  return {
    begin(body, actor) {
      // Declaring it again changes its phase and is no new rollout.
      const status = engine.current().rollout?.id === body.id ? 200 : 201
      const { id, phase, supersede } = body
      const expected = expectedIn(body)
      const declaration = {
        id,
        ...(phase !== undefined && { phase }),
        ...(supersede !== undefined && { supersede }),
        ...(expected !== undefined && { expected }),
      }
      return carryOut(
        (snapshot, now) => begin(snapshot, { ...declaration, ...signed(actor) }, now),
        rolloutOf,
        status,
      )
    },
    finish: (id, ending, actor) =>
      carryOut((snapshot, now) => finish(snapshot, id, ending, signed(actor), now), rolloutOf),
    acknowledge: ({ stopCondition, rollout }, actor) =>
      carryOut(
        (snapshot, now) =>
          inRollout(snapshot, rollout) ?? acknowledge(snapshot, stopCondition, signed(actor), now),
        () => ({ stopCondition, acknowledged: true }),
      ),
    ...overrideCommands(engine, carryOut),
    async evidence(check, body, actor) {
      const known = evidenceChecks(engine)
      if (!known.includes(check)) {
        const detail = `${plain(check, 60)} takes no evidence`
        return { ok: false, code: 'no-such-check', detail, allowed: known }
      }
      let admission: Admission | undefined
      function apply(snapshot: Snapshot, now: Instant): Result {
        admission = admit(check, body, { snapshot, rules: engine.rules(), now })
        return taken(snapshot, admission, now, body, actor)
      }
      // What says fail only closes: it counts whether or not it can be kept.
      const result = body.outcome === 'fail' ? await engine.close(apply) : await engine.command(apply)
      if (!result.ok) return result
      if (admission === undefined || admission.kind === 'refused') throw new Error('evidence was not judged')
      const status = admission.kind === 'known' ? 200 : 201
      return { ok: true, status, body: acceptedAs(admission.observation, engine.current()) }
    },
  }
}

type CarryOut = (
  apply: Apply,
  answer: (snapshot: Snapshot) => object,
  status?: 200 | 201,
) => Promise<CommandResult>

function overrideCommands(engine: Engine, carryOut: CarryOut): Pick<Commands, 'override' | 'endOverride'> {
  return {
    async override(body, actor) {
      const { item, until, forSeconds = 0, latched = false, replace = false } = body
      let isKnown = false
      const result = await carryOut(
        (snapshot, now) => {
          const end = until === undefined ? now + forSeconds * SECOND : Date.parse(until)
          const wish = { item, until: end, latched, replace }
          const applied =
            inRollout(snapshot, body.rollout) ?? override(snapshot, engine.rules(), wish, signed(actor), now)
          isKnown = applied.ok && applied.snapshot === snapshot
          return applied
        },
        (snapshot) => overriddenAs(item, snapshot),
        201,
      )
      if (result.ok) return isKnown ? { ...result, status: 200 } : result
      return result.code === 'no-such-item' ? { ...result, allowed: itemsOf(engine) } : result
    },
    endOverride: (item, _, actor) =>
      carryOut(
        (snapshot, now) => endOverride(snapshot, item, signed(actor), now),
        () => ({ item, overridden: false }),
      ),
  }
}

function rolloutOf({ rollout }: Snapshot): object {
  return { rollout: rollout === undefined ? null : toRollout(rollout) }
}

function signed(actor: Actor): { actor: string; reason: string } {
  const { name, token, reason } = actor
  return { actor: name === '' ? token : `${name} (${token})`, reason: plain(reason) }
}

function inRollout(snapshot: Snapshot, asked: string | undefined): Result | undefined {
  const current = isActive(snapshot.rollout) ? snapshot.rollout.id : undefined
  if (asked === undefined || asked === current) return undefined
  const detail = `asked for ${plain(asked, 60)}, but ${current ?? 'none'} is under way`
  return { ok: false, code: 'other-rollout', detail }
}

function overriddenAs(item: string, { overrides }: Snapshot): object {
  const one = overrides?.get(item)
  if (one === undefined) return {}
  const { until, latched, rollout = null } = one
  return { item, overridden: true, until: new Date(until).toISOString(), latched, rollout }
}

/** Every id that can be overridden. */
function itemsOf(engine: Engine): readonly string[] {
  const { gates, stops } = engine.rules()
  return [...gates, ...gates.flatMap((gate) => gate.checks), ...stops].map(({ id }) => id)
}

function evidenceChecks(engine: Engine): readonly string[] {
  return engine
    .rules()
    .gates.flatMap((gate) => gate.checks)
    .filter((check) => check.source === 'evidence')
    .map((check) => check.id)
}

/** The snapshot with what was admitted, and the line that says so. */
function taken(
  snapshot: Snapshot,
  admission: Admission,
  at: Instant,
  { outcome, digest, rollout }: EvidenceBody,
  { name, reason }: Actor,
): Result {
  if (admission.kind === 'refused') return { ok: false, code: admission.code, detail: admission.detail }
  if (admission.kind === 'known') return { ok: true, snapshot, events: [] }
  const about = rollout ?? (isActive(snapshot.rollout) ? snapshot.rollout.id : undefined)
  const event: Event = {
    at,
    kind: 'evidence',
    subject: admission.observation.target.labels['check'] ?? '',
    message: `${outcome}${digest === undefined ? '' : ` for ${digest}`}: ${plain(reason)}`,
    actor: name,
    ...(about !== undefined && { rollout: about }),
  }
  const next = takeEvidence(snapshot, admission.observation)
  const events = isRenewal(snapshot, admission.observation) ? [] : [event]
  return { ok: true, snapshot: { ...next, revision: next.revision + 1 }, events }
}

/**
 * Whether it says once more that all passed of each replica, as the newest before it did: what runs every few minutes would
 * push everything else out of the ledger.
 */
function isRenewal(snapshot: Snapshot, { target, outcome }: Observation): boolean {
  const piece = pieceOf(target)
  if (piece?.outcome !== 'pass' || !outcome.ok || outcome.readings.length < 2) return false
  const [newest] = heldEvidence(snapshot)
    .flatMap(({ target: held }) => pieceOf(held) ?? [])
    .filter((one) => one.check === piece.check && one.rollout === piece.rollout && one.life === piece.life)
    .toSorted(byNewest)
  return newest?.outcome === 'pass'
}

function acceptedAs({ target, at, validFor }: Observation, { begun }: Snapshot): object {
  const piece = pieceOf(target)
  if (piece === undefined) return {}
  const { check, outcome, issued, digest, rollout, life } = piece
  const isWaiting = rollout !== undefined && life === undefined && !begun.some(({ id }) => id === rollout)
  return {
    check,
    outcome,
    issuedAt: new Date(issued).toISOString(),
    expiresAt: new Date(at + validFor).toISOString(),
    ...(digest !== undefined && { digest }),
    ...(rollout !== undefined && { rollout }),
    ...(isWaiting && { waitsFor: rollout }),
  }
}
