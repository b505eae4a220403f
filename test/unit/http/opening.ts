import type { FastifyInstance } from 'fastify'
import { afterEach } from 'vitest'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import type { PublishContext } from '../../../src/http/context.ts'
import { httpInterface, type InterfaceOptions } from '../../../src/http/http-interface.ts'
import { finding, handMadeRules, newBoard, newContext, play, rollout, start, type World } from './context.ts'

const opened: FastifyInstance[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()))
})

export interface Setting {
  readonly app: FastifyInstance
  readonly board: ReturnType<typeof newBoard>
  readonly context: ReturnType<typeof newContext>
  readonly rules: Rules
}

/** The interface over a snapshot; closed after the test. */
export async function open(
  first: Snapshot | undefined,
  rules: Rules,
  more: Partial<PublishContext> = {},
  options: InterfaceOptions = {},
): Promise<Setting> {
  const board = newBoard(first)
  const context = newContext(board, rules, more)
  const app = await httpInterface(context, options)
  opened.push(app)
  return { app, board, context, rules }
}

function withRollout(rules: Rules): Snapshot {
  return { ...initialSnapshot(start, rules), rollout }
}

const bad: World = new Map([['audit-dlq-growing', finding('unmet')]])
const blind: World = new Map([['ready-sts', finding('unknown')]])

/** The interface over a platform on which the verdict is `state`. */
export async function openWith(
  state: 'proceed' | 'hold' | 'stop' | 'nothing',
  more: Partial<PublishContext> = {},
): Promise<Setting> {
  const rules = handMadeRules(state === 'stop' ? bad : state === 'hold' ? blind : new Map())
  return open(
    state === 'nothing' ? initialSnapshot(start, rules) : play(rules, 60, withRollout(rules)),
    rules,
    more,
  )
}

/** The interface over a platform without trouble, and a way to post to it, with the token that may do everything. */
export async function openForCommands(more: Partial<PublishContext> = {}, options: InterfaceOptions = {}) {
  const rules = handMadeRules(new Map())
  const setting = await open(play(rules, 60), rules, more, options)
  function post(url: string, payload: unknown, authorization: string | undefined = 'Bearer all') {
    const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
    return setting.app.inject({ method: 'POST', url, headers, payload: JSON.stringify(payload) })
  }
  return { ...setting, post }
}
