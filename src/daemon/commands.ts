import { pushedEvidence } from '../checks/signals.ts'
import { PUSHED_EVIDENCE, type Observation } from '../core/observation.ts'
import { isActive } from '../core/rollout.ts'
import { read } from '../core/signal.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { plain } from '../core/text.ts'
import { SECOND, type Clock } from '../core/time.ts'
import type { EvidenceBody } from '../publish/bodies.ts'
import { toRollout } from '../publish/document.ts'
import type { Actor, CommandResult, Commands } from '../publish/context.ts'
import { acknowledge, begin, finish, type Result } from '../rollout/commands.ts'
import type { Engine } from './engine.ts'

/** The commands of the HTTP interface, carried out by the engine. */
export function commandsOf(engine: Engine, clock: Clock): Commands {
  async function carryOut(
    apply: (snapshot: Snapshot) => Result,
    answer: (snapshot: Snapshot) => object,
    status: 200 | 201 = 200,
  ): Promise<CommandResult> {
    const result = await engine.command(apply)
    if (result.ok) return { ok: true, status, body: answer(engine.current()) }
    return { ok: false, status: result.status, title: result.title, detail: result.detail }
  }

  return {
    begin(body, actor) {
      // Declaring it again changes its phase and is no new rollout.
      const status = engine.current().rollout?.id === body.id ? 200 : 201
      return carryOut(
        (snapshot) => begin(snapshot, { ...body, ...signed(actor) }, clock.now()),
        rolloutOf,
        status,
      )
    },
    finish: (id, { outcome }, actor) =>
      carryOut((snapshot) => finish(snapshot, id, outcome, signed(actor), clock.now()), rolloutOf),
    acknowledge: ({ stopCondition, rollout }, actor) =>
      carryOut(
        (snapshot) =>
          inRollout(snapshot, rollout) ?? acknowledge(snapshot, stopCondition, signed(actor), clock.now()),
        () => ({ stopCondition, acknowledged: true }),
      ),
    async evidence(check, body, actor) {
      const known = evidenceChecks(engine)
      if (!known.includes(check)) {
        const detail = `${plain(check, 60)} takes no evidence`
        return { ok: false, status: 404, title: 'no such check', detail, allowed: known }
      }
      const refused = inRollout(engine.current(), body.rollout)
      if (refused !== undefined && !refused.ok) return refused
      const observation = observationOf(check, body, clock)
      const others = [...(engine.current().beliefs.get(PUSHED_EVIDENCE)?.targets.values() ?? [])]
        .map((belief) => belief.target)
        .filter((target) => target.id !== check)
      const targets = [...others, observation.target]
      engine.take({ probe: PUSHED_EVIDENCE, at: observation.at, targets, observations: [observation] })
      const message = `${body.outcome}: ${actor.reason}`
      await engine.note({ at: observation.at, kind: 'evidence', subject: check, message, actor: actor.name })
      const expiresAt = new Date(observation.at + observation.validFor).toISOString()
      return { ok: true, status: 201, body: { check, outcome: body.outcome, expiresAt } }
    },
  }
}

function rolloutOf({ rollout }: Snapshot): object {
  return { rollout: rollout === undefined ? null : toRollout(rollout) }
}

function signed(actor: Actor): { actor: string; reason: string } {
  return { actor: `${actor.name} (${actor.token})`, reason: plain(actor.reason) }
}

function inRollout(snapshot: Snapshot, asked: string | undefined): Result | undefined {
  const current = isActive(snapshot.rollout) ? snapshot.rollout.id : undefined
  if (asked === undefined || asked === current) return undefined
  const detail = `asked for ${plain(asked, 60)}, but ${current ?? 'none'} is under way`
  return { ok: false, status: 409, title: 'another rollout is current', detail }
}

function evidenceChecks(engine: Engine): readonly string[] {
  return engine
    .rules()
    .gates.flatMap((gate) => gate.checks)
    .filter((check) => check.source === 'evidence')
    .map((check) => check.id)
}

function observationOf(check: string, body: EvidenceBody, clock: Clock): Observation {
  const value = body.outcome === 'pass' ? 1 : 0
  const detail = plain(body.message ?? `${body.outcome}, says ${body.actor}`)
  return {
    target: { id: check, labels: { check } },
    at: clock.now(),
    took: 0,
    validFor: body.validForSeconds * SECOND,
    outcome: { ok: true, readings: [read(pushedEvidence, { check }, value, detail)], blindSpots: [] },
  }
}
