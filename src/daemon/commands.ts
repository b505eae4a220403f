import { PUSHED_EVIDENCE, type Observation } from '../core/observation.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { plain } from '../core/text.ts'
import type { Clock, Instant } from '../core/time.ts'
import type { EvidenceBody } from '../publish/bodies.ts'
import { toRollout } from '../publish/document.ts'
import type { Actor, CommandResult, Commands } from '../publish/context.ts'
import { acknowledge, begin, finish, type Result } from '../rollout/commands.ts'
import type { Engine } from './engine.ts'
import { admit } from './evidence.ts'

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
      const admission = admit(check, body, {
        snapshot: engine.current(),
        rules: engine.rules(),
        past: engine.memory().history.map(({ rollout }) => rollout),
        now: clock.now(),
      })
      if (admission.kind === 'refused')
        return { ok: false, status: 409, title: admission.title, detail: admission.detail }
      const answer = acceptedAs(check, body, admission.observation)
      if (admission.kind === 'known') return { ok: true, status: 200, body: answer }
      await keep(engine, admission.observation, body, actor, clock.now())
      return { ok: true, status: 201, body: answer }
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

/** Takes evidence in and writes that down; resolves when both are safely kept. */
async function keep(
  engine: Engine,
  observation: Observation,
  { outcome, digest, rollout }: EvidenceBody,
  { name, reason }: Actor,
  now: Instant,
): Promise<void> {
  const { target } = observation
  const { beliefs, rollout: current } = engine.current()
  const others = [...(beliefs.get(PUSHED_EVIDENCE)?.targets.values() ?? [])]
    .map((belief) => belief.target)
    .filter(({ id }) => id !== target.id)
  engine.take({ probe: PUSHED_EVIDENCE, at: now, targets: [...others, target], observations: [observation] })
  const about = rollout ?? (isActive(current) ? current.id : undefined)
  await engine.note({
    at: now,
    kind: 'evidence',
    subject: target.id,
    message: `${outcome}${digest === undefined ? '' : ` for ${digest}`}: ${plain(reason)}`,
    actor: name,
    ...(about !== undefined && { rollout: about }),
  })
}

function acceptedAs(
  check: string,
  { outcome, digest, rollout }: EvidenceBody,
  { at, validFor }: Observation,
): object {
  return {
    check,
    outcome,
    issuedAt: new Date(at).toISOString(),
    expiresAt: new Date(at + validFor).toISOString(),
    ...(digest !== undefined && { digest }),
    ...(rollout !== undefined && { rollout }),
  }
}
