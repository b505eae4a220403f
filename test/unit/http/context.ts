import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { platformStreams } from '../../../src/rules/platform.ts'
import type { Answer, Condition, Finding } from '../../../src/core/finding.ts'
import type { Check } from '../../../src/core/gate.ts'
import type { Rollout } from '../../../src/core/rollout.ts'
import type { StopCondition } from '../../../src/core/stop.ts'
import { rulesFor } from '../../../src/rules/rules.ts'
import { newInstruments } from '../../../src/http/instruments.ts'
import type { Board, CommandResult, PublishContext, ReportContext } from '../../../src/http/context.ts'

export const start = Date.UTC(2026, 10, 22, 20, 0, 0)

/** What each condition of the hand-made rules finds; tests turn these. */
export type World = Map<string, Finding | readonly Finding[]>

export function finding(answer: Answer, more: Partial<Finding> = {}): Finding {
  const unknown = answer === 'unknown' ? ({ unknownReason: 'unreachable' } as const) : {}
  return {
    key: 'gateway/gateway-1',
    answer,
    reason: answer === 'met' ? 'ok' : answer,
    message: answer,
    ...unknown,
    ...more,
  }
}

/** As the real tables do, it takes a name only where a shell takes it literally. */
function lookAt(culprit = ''): string {
  return /^[\w/-]+$/.test(culprit) ? `look at ${culprit}` : 'look at all'
}

function condition(id: string, world: World): Condition {
  return {
    id,
    claims: `${id} holds`,
    signals: [],
    judge: () => [world.get(id) ?? finding('met')].flat(),
  } as Condition
}

function check(id: string, world: World, more: Partial<Check> = {}): Check {
  return {
    id,
    condition: condition(id, world),
    source: 'platform',
    failAfter: 0,
    warmUp: 0,
    nextStep: lookAt,
    runbook: id,
    ...more,
  }
}

function stop(id: string, world: World, more: Partial<StopCondition> = {}): StopCondition {
  return {
    id,
    title: `Title of ${id}`,
    component: 'redis',
    kind: 'edge',
    condition: condition(id, world),
    source: 'platform',
    hold: 0,
    clearAfter: 0,
    warmUp: 0,
    window: 600_000,
    nextStep: lookAt,
    runbook: id,
    ...more,
  }
}

/** Two gates and three stop conditions that find what `world` says. */
export function handMadeRules(world: World, more: Partial<Rules> = {}): Rules {
  return {
    gates: [
      { id: 'readiness', title: 'Readiness', checks: [check('ready-api', world), check('ready-sts', world)] },
      {
        id: 'source-verification',
        title: 'Source verification',
        checks: [check('manifest-digest', world, { source: 'evidence' })],
      },
    ],
    stops: [
      stop('audit-dlq-growing', world),
      stop('replay-backlog-aging', world, { kind: 'level', hold: 10_000 }),
      stop('sts-unready', world, { kind: 'cannot-prove', hold: 60_000 }),
    ],
    providers: new Map(),
    steady: 30_000,
    longestGap: 10_000,
    skipped: new Map(),
    ...more,
  }
}

/** Steps once a second from `start` on, for so many seconds. */
export function play(
  rules: Rules,
  seconds: number,
  from: Snapshot = initialSnapshot(start, rules),
): Snapshot {
  let snapshot = from
  for (let second = 1; second <= seconds; second++) snapshot = step(snapshot, [], snapshot.at + 1_000, rules)
  return snapshot
}

export const rollout: Rollout = {
  id: 'caracal/47',
  phase: 'rolling',
  startedAt: start,
  detectedBy: 'declared',
  actor: 'pipeline',
  reason: 'release 1.9',
  revision: '47',
  chart: 'caracal-1.9.0',
  images: { sts: 'sts:1.9.0' },
}

export function reportContext(rules: Rules, more: Partial<ReportContext> = {}): ReportContext {
  return {
    epoch: 'k7f2',
    evaluationInterval: 1_000,
    release: { name: 'caracal', namespace: 'caracal' },
    rules,
    limits: defaultLimits,
    rollback: { viable: 'unknown', reason: 'not_configured', message: 'nobody said', advice: 'none' },
    runbookBaseUrl: 'https://runbook.example/',
    evaluator: {
      version: '0.1.0',
      instance: 'gate-0',
      startedAt: start,
      cadence: 'quiet',
      punctuality: { lost: 0, longest: 0, starved: undefined },
      configHash: 'sha256:abc',
      stateStore: { ok: true, message: 'written' },
      configReload: { ok: true, at: start, message: 'read at start' },
      place: { externalUrl: null, pod: null },
    },
    ...more,
  }
}

/** A board that tests post to. */
export function newBoard(
  first?: Snapshot,
): Board & { post(snapshot: Snapshot): void; readonly listeners: number } {
  let current = first
  const listeners = new Set<(snapshot: Snapshot) => void>()
  return {
    current: () => current,
    subscribe(listen) {
      listeners.add(listen)
      return () => listeners.delete(listen)
    },
    post(snapshot) {
      current = snapshot
      for (const listen of listeners) listen(snapshot)
    },
    get listeners() {
      return listeners.size
    },
  }
}

export interface Recorded {
  readonly command: string
  readonly args: readonly unknown[]
}

/** A whole context; reading is open, writing takes `Bearer all`. Commands are recorded and succeed. */
export function newContext(
  board: Board,
  rules: Rules,
  more: Partial<PublishContext> = {},
): PublishContext & { readonly recorded: Recorded[] } {
  const recorded: Recorded[] = []
  function record(command: string) {
    return (...args: unknown[]): Promise<CommandResult> => {
      recorded.push({ command, args })
      return Promise.resolve({ ok: true, status: 201, body: { recorded: command } })
    }
  }
  const instruments = newInstruments(() => 0)
  return {
    recorded,
    board,
    commands: {
      begin: record('begin'),
      finish: record('finish'),
      acknowledge: record('acknowledge'),
      override: record('override'),
      endOverride: record('endOverride'),
      evidence: record('evidence'),
    },
    clock: { now: () => board.current()?.at ?? start },
    report: () => reportContext(rules),
    history: () => [],
    exports: () => ({ rollouts: [], release: { name: 'caracal', namespace: 'caracal' } }),
    config: () => ({ release: { name: 'caracal' } }),
    probes: () => new Map(),
    instruments,
    registries: [instruments.registry],
    self: () => ({
      lostWrites: 0,
      costs: new Map(),
      ownTime: { lost: 0 },
      recording: { isOn: false, problem: undefined, dropped: 0 },
    }),
    recordings: {
      state: () => ({ isOn: false, problem: undefined, dropped: 0 }),
      list: async () => [],
      read: async () => undefined,
    },
    readiness: () => ({ ok: true, message: 'evaluating' }),
    authorise(kind, header) {
      if (kind === 'read' || kind === 'follow') return { ok: true, token: '' }
      if (header === undefined) return { ok: false, status: 401, detail: 'writing needs a token' }
      if (header === 'Bearer all') return { ok: true, token: 'ci' }
      if (header !== 'Bearer weak')
        return { ok: false, status: 401, detail: 'the bearer token is not known', isGuess: true }
      return { ok: false, status: 403, detail: `the token has no scope ${kind}` }
    },
    hosts: () => [],
    browsersAcknowledge: () => false,
    onFault(fault) {
      throw fault
    },
    ...more,
  }
}

/** The rules of a standard installation. */
export function standardRules(providers: ReadonlyMap<string, string>): Rules {
  return rulesFor({
    limits: defaultLimits,
    streams: platformStreams,
    components: ['api', 'sts', 'gateway', 'audit', 'coordinator'],
    steady: 30_000,
    longestGap: 10_000,
    providers,
    kubernetes: 'absent',
    helmSecrets: false,
    release: { name: 'caracal', namespace: 'caracal' },
    off: new Map(),
  })
}
