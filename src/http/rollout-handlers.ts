import type { FastifyReply, FastifyRequest } from 'fastify'
import type * as z from 'zod'
import {
  acknowledgementBody,
  beginBody,
  evidenceBody,
  finishBody,
  overrideBody,
  overrideEndBody,
} from '../contract/commands.ts'
import type { Actor, CommandResult, LedgerLine } from './context.ts'
import type { Fault } from '../contract/problem.ts'
import type { LedgerLineReport, RolloutDocument, RolloutList } from '../contract/rollouts.ts'
import { toRollout } from './document.ts'
import { exportHandler } from './export-handler.ts'
import { clip, rfc3339 } from './forms.ts'
import { latchForm } from './items.ts'
import { answerJson, pathParameter, type Handler, type Parts } from './handling.ts'
import type { OperationId } from './operations.ts'
import { faulty, refuse, unknownId } from './problem.ts'

type RolloutRoute =
  | 'rollouts'
  | 'rollout'
  | 'export'
  | 'begin'
  | 'finish'
  | 'acknowledge'
  | 'override'
  | 'endOverride'
  | 'evidence'

/** The history, and the commands that write to it. */
export function rolloutHandlers(parts: Parts): Pick<Record<OperationId, Handler>, RolloutRoute> {
  const { commands } = parts.context
  return {
    rollouts: (_, reply) =>
      answerJson(reply, {
        rollouts: parts.context.history().map(({ rollout }) => toRollout(rollout)),
      } satisfies RolloutList),
    rollout: oneRollout(parts),
    export: exportHandler(parts),
    begin: command(beginBody, (body, actor) => commands.begin(body, actor)),
    finish: command(finishBody, (body, actor, request) =>
      commands.finish(pathParameter(request, 'id'), body, actor),
    ),
    acknowledge: acknowledge(parts),
    override: command(overrideBody, (body, actor) => commands.override(body, actor)),
    endOverride: command(overrideEndBody, (body, actor, request) =>
      commands.endOverride(pathParameter(request, 'item'), body, actor),
    ),
    evidence: evidence(parts),
  }
}

function oneRollout({ context }: Parts): Handler {
  return (request, reply) => {
    const id = pathParameter(request, 'id')
    const history = context.history()
    const found = history.find(({ rollout }) => rollout.id === id)
    if (found === undefined) {
      unknownId(
        reply,
        'rollout',
        id,
        history.slice(0, 50).map(({ rollout }) => clip(rollout.id)),
      )
      return
    }
    const stops = Object.entries(found.stops).map(([id, latch]) => ({
      stopCondition: id,
      latch: latchForm(latch),
    }))
    const document: RolloutDocument = {
      ...toRollout(found.rollout),
      stops,
      ledger: found.ledger.map(ledgerLine),
    }
    answerJson(reply, document)
  }
}

function ledgerLine(line: LedgerLine): LedgerLineReport {
  const { sequence, at, kind, subject, message, actor, reason, written, previous, hash } = line
  return {
    sequence,
    at: rfc3339(at),
    atMillis: at,
    kind,
    subject: clip(subject),
    message: clip(message),
    actor: actor === undefined ? null : clip(actor),
    reason: reason === undefined ? null : clip(reason),
    detail: clip(written.message),
    from: written.from === undefined ? null : clip(written.from),
    to: written.to === undefined ? null : clip(written.to),
    rollout: written.rollout === undefined ? null : clip(written.rollout),
    previous,
    hash,
  }
}

function acknowledge({ context }: Parts): Handler {
  const recorded = command(acknowledgementBody, (body, actor) => context.commands.acknowledge(body, actor))
  return (request, reply) => {
    const parsed = acknowledgementBody.safeParse(request.body)
    const ids = context.report().rules.stops.map((stop) => stop.id)
    if (!parsed.success || ids.includes(parsed.data.stopCondition)) return recorded(request, reply)
    unknownId(reply, 'stop condition', parsed.data.stopCondition, ids)
  }
}

function evidence({ context }: Parts): Handler {
  const recorded = command(evidenceBody, (body, actor, request) =>
    context.commands.evidence(pathParameter(request, 'check'), body, actor),
  )
  return (request, reply) => {
    const id = pathParameter(request, 'check')
    const checks = context.report().rules.gates.flatMap((gate) => gate.checks)
    const check = checks.find((candidate) => candidate.id === id)
    const fed = checks.filter(({ source }) => source === 'evidence').map((candidate) => candidate.id)
    if (check === undefined) return void unknownId(reply, 'check', id, fed)
    if (check.source === 'evidence') {
      if (check.ofReplicas !== undefined || !namesReplicas(request.body)) return recorded(request, reply)
      const allowed = `no such member for ${clip(id)}; only for ${checks.flatMap((one) => (one.ofReplicas ? one.id : [])).join(', ')}`
      return void faulty(reply, [{ parameter: 'replicas', value: 'present', allowed }])
    }
    const detail = `The check "${id}" is measured; evidence cannot stand in for that.`
    refuse(reply, 'not-fed-by-evidence', detail, { allowed: fed })
  }
}

function namesReplicas(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'replicas' in body
}

/** A handler that validates the body, runs the command and says how it went. */
function command<Body extends { readonly actor?: string; readonly reason: string }>(
  schema: z.ZodType<Body>,
  run: (body: Body, actor: Actor, request: FastifyRequest) => Promise<CommandResult>,
): Handler {
  return async (request, reply) => {
    const parsed = schema.safeParse(request.body)
    if (!parsed.success) return void faulty(reply, faultsOf(parsed.error, request.body))
    const { actor: name = '', reason } = parsed.data
    answerCommand(reply, await run(parsed.data, { name, reason, token: request.token }, request))
  }
}

function answerCommand(reply: FastifyReply, result: CommandResult): void {
  if (result.ok) return answerJson(reply, result.body, result.status)
  const { code, detail, allowed } = result
  refuse(reply, code, detail, {
    ...(allowed !== undefined && { allowed }),
    ...(code === 'not-recorded' && { retryAfter: 5 }),
  })
}

function faultsOf(error: z.ZodError, body: unknown): readonly Fault[] {
  return error.issues.map((issue) => {
    const parameter = issue.path.join('.') || 'body'
    if (issue.code === 'unrecognized_keys')
      return { parameter: clip(issue.keys.join(', ')), value: 'present', allowed: 'no such member' }
    const value = issue.path.reduce(memberOf, body)
    return { parameter: clip(parameter), value: shown(value), allowed: clip(issue.message) }
  })
}

function memberOf(holder: unknown, key: PropertyKey): unknown {
  return typeof holder === 'object' && holder !== null
    ? (holder as Record<PropertyKey, unknown>)[key]
    : undefined
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : clip(typeof value === 'string' ? value : JSON.stringify(value))
}
