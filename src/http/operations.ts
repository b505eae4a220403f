import { questioning, waiting, type ParameterName } from '../contract/parameters.ts'
import type { Access } from './context.ts'
import type { schemas } from './json-schema.ts'

type SchemaName = keyof typeof schemas
type Answer = readonly [description: string, schema?: SchemaName]

export interface Operation {
  readonly id: string
  readonly methods: readonly ('GET' | 'POST')[]
  /** As OpenAPI writes it: `/gates/{gate}`. */
  readonly path: string
  readonly summary: string
  /**
   * Who may: everybody, a reader (everybody too, unless reading needs a token), a reader or any token that may write
   * (what a pipeline follows), or a token with the scope.
   */
  readonly access: 'open' | Access
  /** The parameters that it takes; without the list, parameters are ignored. */
  readonly query?: readonly ParameterName[]
  readonly body?: SchemaName
  /** Bytes that a body may have, where they are other than those of most. */
  readonly bodyLimit?: number
  /** It answers 304 to the ETag of what it would send. */
  readonly cached?: true
  /** It answers 503 while nothing has been evaluated. */
  readonly judged?: true
  /** What it answers besides the problems that `answersOf` knows. */
  readonly answers: Readonly<Record<number, Answer>>
}

const both = ['GET', 'POST'] as const
const get = ['GET'] as const
const post = ['POST'] as const

/** Every route of the daemon. The server registers exactly these and OpenAPI describes exactly these. */
export const operations = [
  {
    id: 'page',
    methods: get,
    path: '/',
    summary: 'The live page: the verdict and its evidence, for people.',
    access: 'read',
    cached: true,
    answers: {
      200: ['The page, as HTML.'],
      503: ['The page; nothing has been evaluated yet.'],
    },
  },
  {
    id: 'asset',
    methods: get,
    path: '/assets/{file}',
    summary: 'What the page loads: scripts, styles and icons, whose names change with their content.',
    access: 'open',
    answers: { 200: ['The file.'] },
  },
  {
    id: 'runbook',
    methods: get,
    path: '/runbook',
    summary: 'Leads to the index of the runbook, below whatever prefix a proxy has.',
    access: 'read',
    answers: { 308: ['It is at `runbook/`.'] },
  },
  {
    id: 'runbookIndex',
    methods: get,
    path: '/runbook/',
    summary: 'The index of the runbook.',
    access: 'read',
    cached: true,
    answers: { 200: ['The index, as HTML.'] },
  },
  {
    id: 'runbookPage',
    methods: get,
    path: '/runbook/{id}',
    summary: 'What to do now: the page of a check, a stop condition or a cause.',
    access: 'read',
    cached: true,
    answers: { 200: ['The page, as HTML.'] },
  },
  {
    id: 'gates',
    methods: both,
    path: '/gates',
    summary: 'May the rollout proceed? The whole document, whatever the verdict.',
    access: 'follow',
    query: [...questioning, ...waiting, 'document'],
    cached: true,
    judged: true,
    answers: {
      200: ['The document; only its envelope, when the request says `document=envelope`.', 'GateReport'],
    },
  },
  {
    id: 'proceed',
    methods: both,
    path: '/gates/proceed',
    summary: 'The verdict as a status code, for clients that read nothing else.',
    access: 'follow',
    query: [...questioning, ...waiting, 'hold', 'document'],
    judged: true,
    answers: {
      200: ['Proceed.', 'GateReport'],
      412: ['Hold.', 'GateReport'],
      409: ['Stop.', 'GateReport'],
      503: [
        'Hold, when the request says `hold=503`; otherwise nothing has been evaluated yet.',
        'GateReport',
      ],
    },
  },
  {
    id: 'stop',
    methods: both,
    path: '/gates/stop',
    summary: 'For rollback hooks: 200 only when a stop is proven, never for what is unknown.',
    access: 'follow',
    query: ['rollout', ...waiting, 'document'],
    judged: true,
    answers: {
      200: ['Stop.', 'GateReport'],
      412: ['Anything else.', 'GateReport'],
    },
  },
  {
    id: 'query',
    methods: post,
    path: '/api/v1/query',
    summary: 'The verdict as one sample, for clients that ask a Prometheus. It takes only its own query.',
    access: 'follow',
    body: 'QueryForm',
    judged: true,
    answers: {
      200: ['A vector of exactly one sample.', 'QueryAnswer'],
      400: ['The query is not valid; the error says what is.', 'QueryError'],
    },
  },
  {
    id: 'queryByGet',
    methods: get,
    path: '/api/v1/query',
    summary: 'Refused: an answer to a GET may come from a cache.',
    access: 'follow',
    answers: { 400: ['Use POST.', 'QueryError'] },
  },
  {
    id: 'gate',
    methods: get,
    path: '/gates/{gate}',
    summary: 'One gate with its checks.',
    access: 'follow',
    query: [],
    cached: true,
    judged: true,
    answers: { 200: ['The gate.', 'Gate'] },
  },
  {
    id: 'stopConditions',
    methods: get,
    path: '/stop-conditions',
    summary: 'All stop conditions.',
    access: 'follow',
    query: [],
    cached: true,
    judged: true,
    answers: { 200: ['The stop conditions.', 'StopConditionList'] },
  },
  {
    id: 'stopCondition',
    methods: get,
    path: '/stop-conditions/{id}',
    summary: 'One stop condition.',
    access: 'follow',
    query: [],
    cached: true,
    judged: true,
    answers: { 200: ['The stop condition.', 'StopCondition'] },
  },
  {
    id: 'events',
    methods: get,
    path: '/events',
    summary: 'Server-sent events: the document whenever its index moves, and a tick every 2 s.',
    access: 'follow',
    query: [...questioning, 'document'],
    judged: true,
    answers: {
      200: ['A text/event-stream of `gates` and `tick` events, until one side ends it.'],
    },
  },
  {
    id: 'trends',
    methods: get,
    path: '/trends',
    summary: 'The values that checks and stop conditions judged by, over the last minutes.',
    access: 'read',
    query: ['window'],
    cached: true,
    judged: true,
    answers: {
      200: ['The values, one for each interval.', 'Trends'],
    },
  },
  {
    id: 'rollouts',
    methods: get,
    path: '/rollouts',
    summary: 'The rollouts that are remembered, newest first.',
    access: 'follow',
    answers: { 200: ['The rollouts.', 'RolloutList'] },
  },
  {
    id: 'rollout',
    methods: get,
    path: '/rollouts/{id}',
    summary: 'One rollout with the stop conditions that were latched in it and its ledger.',
    access: 'follow',
    answers: { 200: ['The rollout.', 'RolloutDocument'] },
  },
  {
    id: 'export',
    methods: get,
    path: '/rollouts/{id}/export',
    summary:
      'One rollout as an in-toto statement that is verified without the exporter; signed where a key is configured.',
    access: 'follow',
    query: ['life'],
    answers: {
      200: ['A DSSE envelope, or without a key the statement itself.', 'RolloutExport'],
    },
  },
  {
    id: 'begin',
    methods: post,
    path: '/rollouts',
    summary: 'Declares a rollout; the same id again is the same rollout.',
    access: 'rollout',
    body: 'BeginBody',
    answers: { 200: ['It was declared before.'], 201: ['It is declared.'] },
  },
  {
    id: 'finish',
    methods: post,
    path: '/rollouts/{id}/finish',
    summary: 'Ends a rollout.',
    access: 'rollout',
    body: 'FinishBody',
    answers: { 200: ['It has ended.'] },
  },
  {
    id: 'acknowledge',
    methods: post,
    path: '/acknowledgements',
    summary: 'Acknowledges a stop condition that fired. A breach that lasts keeps its stop condition firing.',
    access: 'acknowledge',
    body: 'AcknowledgementBody',
    answers: {
      200: ['It is acknowledged.'],
      201: ['It is acknowledged.'],
      404: ['No such stop condition; the valid ones are listed.', 'Problem'],
    },
  },
  {
    id: 'override',
    methods: post,
    path: '/overrides',
    summary:
      'Takes one gate, check or stop condition out of the verdict for a while, for the rollout under way or the next one.',
    access: 'override',
    body: 'OverrideBody',
    answers: {
      200: ['It was overridden so before.'],
      201: ['It is overridden.'],
      404: ['No such gate, check or stop condition; the valid ones are listed.', 'Problem'],
    },
  },
  {
    id: 'endOverride',
    methods: post,
    path: '/overrides/{item}/end',
    summary: 'Ends an override before its time.',
    access: 'override',
    body: 'OverrideEndBody',
    answers: { 200: ['It counts again.'] },
  },
  {
    id: 'evidence',
    methods: post,
    path: '/evidence/{check}',
    summary: 'Takes evidence from a pipeline for a check.',
    access: 'evidence',
    body: 'EvidenceBody',
    // Of five hundred replicas half a kilobyte each.
    bodyLimit: 256 * 1024,
    answers: { 200: ['It counts.'], 201: ['It counts.'] },
  },
  {
    id: 'recordings',
    methods: get,
    path: '/recordings',
    summary: 'The recordings of this exporter, newest first.',
    access: 'read',
    answers: { 200: ['The recordings.', 'RecordingList'] },
  },
  {
    id: 'recording',
    methods: get,
    path: '/recordings/{name}',
    summary: 'One recording, for `caracal-gate replay`. One that is being written ends at its last flush.',
    access: 'read',
    answers: { 200: ['The recording: JSON lines, compressed by zstd (`application/zstd`).'] },
  },
  {
    id: 'metrics',
    methods: get,
    path: '/metrics',
    summary: 'Prometheus metrics; OpenMetrics when the Accept header prefers it.',
    access: 'read',
    answers: { 200: ['The metrics.'] },
  },
  {
    id: 'healthz',
    methods: get,
    path: '/healthz',
    summary: 'Whether the daemon is alive; nothing about the platform.',
    access: 'open',
    answers: { 200: ['It is alive.', 'Health'] },
  },
  {
    id: 'readyz',
    methods: get,
    path: '/readyz',
    summary: 'Whether the daemon evaluates; nothing about the platform.',
    access: 'open',
    answers: { 200: ['It evaluates.', 'Health'], 503: ['It does not evaluate.', 'Health'] },
  },
  {
    id: 'openapi',
    methods: get,
    path: '/openapi.json',
    summary: 'This description.',
    access: 'read',
    answers: { 200: ['OpenAPI 3.1.'] },
  },
  {
    id: 'schema',
    methods: get,
    path: '/schema/gates.json',
    summary: 'JSON Schema of the document.',
    access: 'read',
    answers: { 200: ['JSON Schema 2020-12.'] },
  },
  {
    id: 'config',
    methods: get,
    path: '/config',
    summary: 'The effective configuration without its secrets.',
    access: 'read',
    answers: { 200: ['The configuration.'] },
  },
  {
    id: 'probe',
    methods: get,
    path: '/debug/probes/{probe}',
    summary: 'The last successful and failed attempts of one probe.',
    access: 'read',
    answers: { 200: ['The probe attempts.', 'ProbeDocument'] },
  },
] as const satisfies readonly Operation[]

export type OperationId = (typeof operations)[number]['id']

/** Names of the parameters that an operation takes. */
export function parametersOf(id: OperationId): readonly ParameterName[] {
  const taken: readonly Operation[] = operations
  return taken.find((operation) => operation.id === id)?.query ?? []
}

/** All answers of an operation but those that access gives: its own, and the problems that follow from what it is. */
export function answersOf(operation: Operation): readonly (readonly [status: string, Answer])[] {
  const { path, query, cached, judged, access, answers } = operation
  const isWrite = access !== 'open' && access !== 'read' && access !== 'follow'
  const isHeld = query?.includes('wait') === true || operation.id === 'events'
  const problems: Record<number, Answer> = {
    ...(cached && { 304: ['The answer still has the ETag in If-None-Match.'] }),
    ...(query !== undefined && { 400: ['A parameter is not valid.', 'Problem'] }),
    ...(isWrite && { 400: ['The body is not valid; every fault is listed.', 'Problem'] }),
    ...(path.includes('{') && { 404: ['No such id; the valid ones are listed.', 'Problem'] }),
    ...(isWrite && { 409: ['It contradicts what is recorded.', 'Problem'] }),
    ...(isHeld && { 429: ['The limit of clients that wait is reached.', 'Problem'] }),
    ...(judged && { 503: ['Nothing has been evaluated yet.', 'Problem'] }),
    ...(isWrite && { 503: ['It could not be recorded.', 'Problem'] }),
  }
  return Object.entries({ ...problems, ...answers })
}
