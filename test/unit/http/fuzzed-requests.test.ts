import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandsOf } from '../../../src/daemon/commands.ts'
import { startEngine, type Engine } from '../../../src/daemon/engine.ts'
import { historyOf } from '../../../src/daemon/history.ts'
import { httpInterface } from '../../../src/http/http-interface.ts'
import { jsonSchema, type schemas } from '../../../src/http/json-schema.ts'
import { answersOf, operations, type Operation } from '../../../src/http/operations.ts'
import { nothingRemembered } from '../../../src/rollout/memory.ts'
import { requests, type Asked } from '../../support/fuzzed-requests.ts'
import { handMadeRules, newBoard, newContext, start } from './context.ts'

/** One seed, so that every run tries the same; `FC_SEED` tries others, `FC_RUNS` more. */
const seed = Number(process.env['FC_SEED'] ?? 20_261_129)
const numRuns = Number(process.env['FC_RUNS'] ?? 1_500)

const faults: unknown[] = []
let engine: Engine
let app: FastifyInstance

beforeAll(async () => {
  const rules = handMadeRules(new Map())
  const clock = { now: () => start + performance.now() }
  const board = newBoard()
  engine = startEngine({
    clock,
    rules,
    memory: nothingRemembered,
    impediments: new Map(),
    release: () => 'caracal',
    store: {
      save: () => Promise.resolve(),
      unseen: () => undefined,
      keep({ make, done }) {
        if (make() !== undefined) done()
        return Promise.resolve({ ok: true })
      },
    },
    onSnapshot: (snapshot) => board.post(snapshot),
  })
  await engine.note({ at: clock.now(), kind: 'started', subject: 'daemon', message: 'started' })
  const context = newContext(board, rules, {
    clock,
    commands: commandsOf(engine),
    history: () => historyOf(engine),
    onFault: (fault) => void faults.push(fault),
  })
  app = await httpInterface(context, { wrongTokensPerMinute: 1_000_000 })
})
afterAll(async () => {
  await app.close()
  engine.stop()
})

const ajv = new Ajv2020({ allErrors: true, strict: true })
addFormats.default(ajv)

/** Statuses that any path may answer with, by what stands before the routes. */
const anywhere = [400, 401, 403, 404, 405, 413, 414, 415, 421, 429]

function operationOf({ method, url }: Asked): Operation | undefined {
  // As clients do, `inject` takes `..` for the folder above.
  const path = URL.parse(url, 'http://localhost')?.pathname ?? ''
  const verb = method === 'HEAD' ? 'GET' : method
  const matching = (operations as readonly Operation[]).filter(
    (each) =>
      each.methods.some((one) => one === verb) &&
      new RegExp(`^${each.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  return matching.find(({ path: own }) => own === path) ?? matching[0]
}

/** Asks, and holds the answer against what OpenAPI says of it. */
async function expectSound(asked: Asked): Promise<void> {
  faults.length = 0
  const answer = await app.inject(asked)
  const { statusCode: status, body, headers } = answer
  expect(faults).toEqual([])
  const operation = operationOf(asked)
  const declared = operation && new Map(answersOf(operation)).get(String(status))
  expect(declared !== undefined || anywhere.includes(status), `${status} is not declared`).toBe(true)
  if (asked.method === 'HEAD' || status === 304) expect(body).toBe('')
  else if (String(headers['content-type']).includes('json'))
    expectDocument(JSON.parse(body), String(headers['content-type']), status, declared)
  else expect(status).toBeLessThan(400)
}

function expectDocument(
  document: unknown,
  type: string,
  status: number,
  declared: Operation['answers'][number] | undefined,
): void {
  const isProblem = type.startsWith('application/problem+json')
  expect(isProblem || status < 400 || declared?.[1] !== undefined).toBe(true)
  const name = isProblem ? 'Problem' : nameOf(declared?.[1], document)
  if (name !== undefined) expect(ajv.validate(jsonSchema(name), document), ajv.errorsText()).toBe(true)
  if (isProblem) expect(document).toMatchObject({ status })
}

/** `document=envelope` gives the envelope in place of the document. */
function nameOf(name: keyof typeof schemas | undefined, document: unknown): keyof typeof schemas | undefined {
  const kind = (document as { readonly kind?: unknown } | null)?.kind
  return name === 'GateReport' && kind === 'Envelope' ? 'Envelope' : name
}

const found = JSON.parse(
  readFileSync(resolve(import.meta.dirname, 'fuzzed-requests.json'), 'utf8'),
) as readonly (Asked & { readonly why: string })[]

describe('whatever is asked', () => {
  it.each(found)('is answered as OpenAPI says: $why', ({ why: _, ...asked }) => expectSound(asked))

  it('X88: is answered as OpenAPI says, and never by a fault of ours', async () => {
    await fc.assert(fc.asyncProperty(requests, expectSound), { seed, numRuns })
  }, 120_000)
})
