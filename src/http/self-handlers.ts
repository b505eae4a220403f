import { PUSHED_EVIDENCE } from '../core/observation.ts'
import type { Health, ProbeAttempt, ProbeDocument } from '../contract/document.ts'
import type { LookRecord } from './context.ts'
import { expiryOf } from './document.ts'
import { clip, rfc3339 } from './forms.ts'
import { answerJson, pathParameter, type Handler, type Parts } from './handling.ts'
import { gatesSchema } from './json-schema.ts'
import { contentTypes, formatFor, renderMetrics } from './metrics.ts'
import { openApi } from './openapi.ts'
import type { OperationId } from './operations.ts'
import { notEvaluated, unknownId } from './problem.ts'

type SelfRoute = 'metrics' | 'healthz' | 'readyz' | 'openapi' | 'schema' | 'config' | 'probe'

/** The daemon about itself. */
export function selfHandlers(parts: Parts): Pick<Record<OperationId, Handler>, SelfRoute> {
  const { context } = parts
  let description: object | undefined
  let schema: object | undefined
  return {
    metrics: metrics(parts),
    healthz: (_, reply) => answerJson(reply, { status: 'ok', message: 'the daemon is alive' }),
    readyz: readyz(parts),
    openapi: (_, reply) => {
      description ??= openApi(context.report().evaluator.version)
      answerJson(reply, description)
    },
    schema: (_, reply) => {
      schema ??= gatesSchema()
      answerJson(reply, schema)
    },
    config: (_, reply) => answerJson(reply, context.config()),
    probe: probe(parts),
  }
}

function metrics({ context, book, room, streams }: Parts): Handler {
  return async (request, reply) => {
    const snapshot = context.board.current()
    if (snapshot === undefined) return notEvaluated(reply)
    const format = formatFor(request.headers.accept)
    const text = await renderMetrics(
      {
        snapshot,
        report: book.current()?.report,
        context: context.report(),
        self: context.self(),
        clients: { waiters: room.count, streams: streams.count },
        registries: context.registries,
      },
      format,
    )
    void reply.header('content-type', contentTypes[format]).header('cache-control', 'no-store').send(text)
  }
}

function readyz({ context, book, closing }: Parts): Handler {
  return (_, reply) => {
    const { ok, message } = stateOf()
    const health: Health = { status: ok ? 'ok' : 'unavailable', message: clip(message) }
    answerJson(reply, health, ok ? 200 : 503)
  }
  function stateOf(): { readonly ok: boolean; readonly message: string } {
    if (closing()) return { ok: false, message: 'the daemon is stopping' }
    const snapshot = book.current()?.snapshot
    if (snapshot === undefined) return { ok: false, message: 'nothing has been evaluated yet' }
    if (context.clock.now() > expiryOf(snapshot, context.report()))
      return { ok: false, message: `the last evaluation was at ${rfc3339(snapshot.at)}` }
    return context.readiness()
  }
}

function probe({ context }: Parts): Handler {
  return (request, reply) => {
    const name = pathParameter(request, 'probe')
    const probes = context.probes()
    // A probe without targets has no attempts, but /metrics names it.
    const believed = [...(context.board.current()?.beliefs.keys() ?? [])].filter(
      (known) => known !== PUSHED_EVIDENCE,
    )
    const known = new Set([...probes.keys(), ...believed])
    if (!known.has(name)) return void unknownId(reply, 'probe', name, [...known])
    const record = probes.get(name) ?? { successes: [], failures: [] }
    const { successes, failures } = record
    const document: ProbeDocument = {
      probe: name,
      successes: successes.map(attempt),
      failures: failures.map(attempt),
    }
    answerJson(reply, document)
  }
}

function attempt({ target, at, took, readings, unknownReason, reason, message }: LookRecord): ProbeAttempt {
  return {
    target: clip(target),
    at: rfc3339(at),
    tookMilliseconds: Math.round(took * 10) / 10,
    readings: readings ?? null,
    unknownReason: unknownReason ?? null,
    reason: reason === undefined ? null : clip(reason),
    message: message === undefined ? null : clip(message),
  }
}
