import { type Demands, readAnswer, type Valid } from '../../../src/cli/answer.ts'
import type { Reply } from '../../../src/cli/http.ts'
import type { BlockerReport, GateReport } from '../../../src/contract/document.ts'
import type { CheckReport, StopConditionReport } from '../../../src/contract/items.ts'
import { apiVersion } from '../../../src/contract/wire.ts'

/** The server's time at which every document of these tests was evaluated. */
export const evaluatedAt = Date.parse('2026-11-22T20:15:00.000Z')

/** A time of the server's clock, in seconds from the evaluation. */
export function at(seconds: number): string {
  return new Date(evaluatedAt + seconds * 1_000).toISOString()
}

const item = {
  mode: 'enforce',
  modeUntil: null,
  claim: 'all is well',
  source: 'platform',
  reason: 'within_limit',
  message: 'all is well',
  since: at(-300),
  unknownReason: null,
  observed: { value: 0, unit: 'rows' },
  threshold: { op: '<=', value: 0, clear: null, unit: 'rows' },
  target: null,
  culprits: [],
  culpritCount: 0,
  lastAttemptAt: at(0),
  lastSuccessAt: at(0),
  runbookUrl: 'https://docs.example/runbook#outbox',
  nextStep: 'psql -c "select 1"',
  flags: [],
} as const

export function check(id: string, more: Partial<CheckReport> = {}): CheckReport {
  return { ...item, id, state: 'pass', failAfterSeconds: 30, warmUpSeconds: 0, ...more }
}

export function stop(id: string, more: Partial<StopConditionReport> = {}): StopConditionReport {
  return {
    ...item,
    id,
    title: id,
    state: 'clear',
    kind: 'edge',
    holdSeconds: 0,
    clearAfterSeconds: 60,
    latch: null,
    latchedAt: null,
    acknowledged: false,
    preexisting: false,
    speaksForRollback: false,
    firings: 0,
    lastEventAt: null,
    countedSince: null,
    overSince: null,
    clearsAt: null,
    ...more,
  }
}

export function gate(id: string, checks: readonly CheckReport[]): GateReport['gates'][number] {
  const worst = checks.find(({ state }) => state !== 'pass')?.state ?? 'pass'
  return {
    id,
    title: id,
    state: worst,
    since: at(-300),
    mode: 'enforce',
    modeUntil: null,
    required: true,
    checks,
  }
}

/** A document that says proceed, but for what is given. */
export function report(more: Partial<GateReport> = {}): GateReport {
  return {
    apiVersion,
    kind: 'GateReport',
    verdict: 'proceed',
    summary: 'Proceed: all 2 required gates pass and no stop condition stands',
    index: 'k7f2.418',
    evaluatedAt: at(0),
    expiresAt: at(3),
    verdictSince: at(-60),
    steadySeconds: 90,
    requiredSteadySeconds: 30,
    superseded: false,
    demanded: null,
    askedPhase: null,
    release: { name: 'caracal', namespace: 'caracal' },
    rollout: {
      id: 'caracal/47',
      phase: 'rolling',
      startedAt: at(-600),
      finishedAt: null,
      detectedBy: 'declared',
      actor: 'pipeline',
      reason: 'release',
      revision: '47',
      chart: null,
      images: {},
      expected: [],
      forced: null,
      supersededBy: null,
      baseline: null,
    },
    rollback: { viable: 'unknown', reason: 'no_evidence', message: 'nothing is known', advice: 'none' },
    blocking: [],
    notEnforced: [],
    expiredShadows: [],
    gates: [
      gate('readiness', [check('api-ready'), check('sts-ready')]),
      gate('event-health', [check('outbox-api')]),
    ],
    stopConditions: [stop('outbox-dead-messages'), stop('audit-dlq-growing')],
    evaluator: {
      version: '0.1.0',
      instance: 'gate-0',
      startedAt: at(-3_600),
      cadence: 'brisk',
      punctuality: {
        ok: true,
        stalledRatio: 0,
        longestStallSeconds: 0,
        cpuWaitRatio: null,
        message: 'it stood still for at most 0 ms at a time',
      },
      configHash: 'sha256:00',
      stateStore: { ok: true, message: '' },
      configReload: { ok: true, at: at(-3_600), message: '' },
      externalUrl: null,
      pod: null,
    },
    ...more,
  }
}

export function blocker(ref: string, state: string, message: string): BlockerReport {
  const own = { rootCause: true, explainedBy: null, title: null, since: null, nextStep: '', runbookUrl: '' }
  return { ref, state, reason: 'over_limit', message, ...own }
}

export function held(more: Partial<GateReport> = {}): GateReport {
  const message = '1 of 2 replicas is not ready'
  return report({
    verdict: 'hold',
    summary: `Hold: ${message}`,
    steadySeconds: 0,
    blocking: [blocker('gates/readiness/checks/sts-ready', 'fail', message)],
    gates: [
      gate('readiness', [
        check('api-ready'),
        check('sts-ready', {
          state: 'fail',
          reason: 'not_ready',
          message,
          since: at(-74),
          observed: { value: 1, unit: 'replicas' },
          threshold: { op: '>=', value: 2, clear: null, unit: 'replicas' },
          culprits: [
            {
              key: 'sts-1',
              answer: 'unmet',
              reason: 'not_ready',
              message: 'sts-1 says not ready',
              target: 'http://sts-1:8080',
              since: at(-74),
              observed: null,
              threshold: null,
            },
          ],
          culpritCount: 1,
          nextStep: 'kubectl -n caracal logs sts-1 --since=5m',
        }),
      ]),
      gate('event-health', [check('outbox-api')]),
    ],
    ...more,
  })
}

export function stopped(more: Partial<GateReport> = {}): GateReport {
  const message = '3 dead rows in event_outbox'
  const latch = {
    at: at(-12),
    reason: 'dead_rows',
    message,
    culprits: ['event_outbox'],
    preexisting: false,
    acknowledged: null,
  }
  return report({
    verdict: 'stop',
    summary: `Stop: ${message}`,
    blocking: [blocker('stop-conditions/outbox-dead-messages', 'firing', message)],
    stopConditions: [
      stop('outbox-dead-messages', { state: 'firing', message, latch, since: at(-12), flags: ['latched'] }),
      stop('audit-dlq-growing'),
    ],
    ...more,
  })
}

/** The reply that carries a document; sent `age` seconds after the evaluation, there after `took` milliseconds. */
export function reply(
  document: unknown,
  { age = 0, ...more }: Partial<Reply> & { readonly age?: number } = {},
): Reply {
  const headers = {
    date: new Date(evaluatedAt + age * 1_000).toUTCString(),
    'content-type': 'application/json',
  }
  return {
    status: 200,
    body: JSON.stringify(document),
    took: 20,
    ...more,
    headers: { ...headers, ...more.headers },
  }
}

/** A refusal as the exporter words it. */
export function refusal(status: number, detail: string): Reply {
  const problem = { type: 'about:blank', title: 'Refused', status, detail }
  return reply(problem, { status, headers: { 'content-type': 'application/problem+json; charset=utf-8' } })
}

export function valid(document: GateReport, demands: Demands = {}): Valid {
  const answer = readAnswer(reply(document), demands)
  if (answer.kind !== 'valid') throw new Error(answer.message)
  return answer
}
