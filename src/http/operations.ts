import type { Access } from './context.ts'
import type { schemas } from './json-schema.ts'

type SchemaName = keyof typeof schemas

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
  /** Names of the query's parameters. */
  readonly query?: readonly string[]
  readonly body?: SchemaName
  readonly answers: Readonly<Record<number, readonly [description: string, schema?: SchemaName]>>
}

const both = ['GET', 'POST'] as const
const get = ['GET'] as const
const post = ['POST'] as const
const arriving = ['image', 'digest', 'revision', 'chart', 'appVersion'] as const
/** Parameters that can only make an answer stricter. */
const tightening = ['rollout', 'steady', 'maxAge', ...arriving] as const
/** Another question than the whole one: it may leave something out. */
const asking = ['phase'] as const
/** What is said of the question itself; labels of a query may be the same. */
export const questioning = [...tightening, ...asking] as const
const waiting = ['wait', 'index', 'until'] as const
const form = ['document'] as const

const notYet = { 503: ['Nothing has been evaluated yet.', 'Problem'] } as const
const waited = {
  400: ['A parameter is not valid.', 'Problem'],
  429: ['Too many clients wait.', 'Problem'],
} as const
const unchanged = { 304: ['Nothing has changed since the ETag in If-None-Match.'] } as const
/** Of a part of the document, which takes no parameter. */
const part = { ...unchanged, 400: ['It takes no parameter.', 'Problem'] } as const
const missing = { 404: ['No such id; the valid ones are listed.', 'Problem'] } as const
const written = {
  400: ['The body is not valid; every fault is listed.', 'Problem'],
  409: ['It contradicts what is recorded.', 'Problem'],
  503: ['It could not be recorded.', 'Problem'],
} as const

/** Every route of the daemon. The server registers exactly these and OpenAPI describes exactly these. */
export const operations = [
  {
    id: 'page',
    methods: get,
    path: '/',
    summary: 'The live page: the verdict and all that it rests on, for people.',
    access: 'read',
    answers: {
      200: ['The page, as HTML.'],
      304: ['It is as the ETag in If-None-Match says.'],
      503: ['The page; nothing has been evaluated yet.'],
    },
  },
  {
    id: 'asset',
    methods: get,
    path: '/assets/{file}',
    summary: 'What the page loads: scripts, styles and icons, whose names change with their content.',
    access: 'open',
    answers: { 200: ['The file.'], ...missing },
  },
  {
    id: 'gates',
    methods: both,
    path: '/gates',
    summary: 'May the rollout proceed? The whole document, whatever the verdict.',
    access: 'follow',
    query: [...questioning, ...waiting, ...form],
    answers: {
      200: ['The document; only its envelope, when the request says `document=envelope`.', 'GateReport'],
      304: ['Nothing has changed since the ETag in If-None-Match.'],
      ...waited,
      ...notYet,
    },
  },
  {
    id: 'proceed',
    methods: both,
    path: '/gates/proceed',
    summary: 'The verdict as a status code, for clients that read nothing else.',
    access: 'follow',
    query: [...questioning, ...waiting, 'hold', ...form],
    answers: {
      200: ['Proceed.', 'GateReport'],
      412: ['Hold.', 'GateReport'],
      409: ['Stop.', 'GateReport'],
      ...waited,
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
    query: ['rollout', ...waiting, ...form],
    answers: {
      200: ['Stop.', 'GateReport'],
      412: ['Anything else.', 'GateReport'],
      ...waited,
      ...notYet,
    },
  },
  {
    id: 'query',
    methods: post,
    path: '/api/v1/query',
    summary: 'The verdict as one sample, for clients that ask a Prometheus. Understands our own query alone.',
    access: 'follow',
    body: 'QueryForm',
    answers: {
      200: ['A vector of exactly one sample.', 'QueryAnswer'],
      400: ['The query is not one that is understood; it says what is.', 'QueryError'],
      ...notYet,
    },
  },
  {
    id: 'queryByGet',
    methods: get,
    path: '/api/v1/query',
    summary: 'Refused: what answers a GET may come out of a cache.',
    access: 'follow',
    answers: { 400: ['Only POST is answered.', 'QueryError'] },
  },
  {
    id: 'gate',
    methods: get,
    path: '/gates/{gate}',
    summary: 'One gate with its checks.',
    access: 'follow',
    answers: { 200: ['The gate.', 'Gate'], ...part, ...missing, ...notYet },
  },
  {
    id: 'stopConditions',
    methods: get,
    path: '/stop-conditions',
    summary: 'All stop conditions.',
    access: 'follow',
    answers: { 200: ['The stop conditions.', 'StopConditionList'], ...part, ...notYet },
  },
  {
    id: 'stopCondition',
    methods: get,
    path: '/stop-conditions/{id}',
    summary: 'One stop condition.',
    access: 'follow',
    answers: { 200: ['The stop condition.', 'StopCondition'], ...part, ...missing, ...notYet },
  },
  {
    id: 'events',
    methods: get,
    path: '/events',
    summary: 'Server-sent events: the document whenever its index moves, and a sign of life every 2 s.',
    access: 'follow',
    query: [...questioning, ...form],
    answers: {
      200: ['A text/event-stream of `gates` and `tick` events, until one of both sides ends it.'],
      ...waited,
      ...notYet,
    },
  },
  {
    id: 'trends',
    methods: get,
    path: '/trends',
    summary: 'What checks and stop conditions judged by, over the last minutes.',
    access: 'read',
    query: ['window'],
    answers: {
      200: ['The values, one for each interval.', 'Trends'],
      304: ['There is no newer value than the ETag in If-None-Match says.'],
      400: ['A parameter is not valid.', 'Problem'],
      ...notYet,
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
    answers: { 200: ['The rollout.', 'RolloutDocument'], ...missing },
  },
  {
    id: 'begin',
    methods: post,
    path: '/rollouts',
    summary: 'Declares a rollout; the same id again is the same rollout.',
    access: 'rollout',
    body: 'BeginBody',
    answers: { 200: ['It was declared before.'], 201: ['It is declared.'], ...written },
  },
  {
    id: 'finish',
    methods: post,
    path: '/rollouts/{id}/finish',
    summary: 'Ends a rollout.',
    access: 'rollout',
    body: 'FinishBody',
    answers: { 200: ['It has ended.'], ...missing, ...written },
  },
  {
    id: 'acknowledge',
    methods: post,
    path: '/acknowledgements',
    summary: 'Takes note of a stop that fired. A breach that still stands goes on stopping.',
    access: 'acknowledge',
    body: 'AcknowledgementBody',
    answers: { 200: ['It is acknowledged.'], 201: ['It is acknowledged.'], ...missing, ...written },
  },
  {
    id: 'evidence',
    methods: post,
    path: '/evidence/{check}',
    summary: 'Hands in the outcome of something that a pipeline has proven.',
    access: 'evidence',
    body: 'EvidenceBody',
    answers: { 200: ['It counts.'], 201: ['It counts.'], ...missing, ...written },
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
    answers: { 200: ['It is.', 'Health'] },
  },
  {
    id: 'readyz',
    methods: get,
    path: '/readyz',
    summary: 'Whether the daemon evaluates; nothing about the platform.',
    access: 'open',
    answers: { 200: ['It does.', 'Health'], 503: ['It does not.', 'Health'] },
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
    summary: 'The last successes and failures of one probe.',
    access: 'read',
    answers: { 200: ['The looks.', 'ProbeDocument'], ...missing },
  },
] as const satisfies readonly Operation[]

export type OperationId = (typeof operations)[number]['id']

const queries: ReadonlyMap<string, readonly string[]> = new Map(
  operations.map((operation) => [operation.id, 'query' in operation ? operation.query : []]),
)

/** Names of the parameters that an operation takes. */
export function parametersOf(id: OperationId): readonly string[] {
  return queries.get(id) ?? []
}
