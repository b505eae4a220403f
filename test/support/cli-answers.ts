import type { RequestListener } from 'node:http'
import { listen, runHere } from './cli-process.ts'
import { problems, problemType, type ProblemCode } from '../../src/contract/wire.ts'

/** Who tells something, with what right. */
const env = { CARACAL_GATE_TOKEN: 'secret-token', CARACAL_GATE_ACTOR: 'ann' }

interface Told {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: unknown
}

/** Undefined breaks the connection after the request was taken in. */
type Said = readonly [status: number, body: unknown] | undefined

/** Answers in turn, and with the last one on. */
function answering(...answers: readonly Said[]) {
  const told: Told[] = []
  const listener: RequestListener = (request, response) => {
    void (async () => {
      let text = ''
      for await (const part of request as AsyncIterable<Buffer>) text += part.toString()
      const { method = '', url = '', headers } = request
      const body: unknown = text === '' ? undefined : JSON.parse(text)
      const answer = answers[Math.min(told.length, answers.length - 1)]
      told.push({ method, path: url, authorization: headers.authorization, body })
      if (answer === undefined) return void response.destroy()
      answerWith(answer[0], answer[1])(request, response)
    })()
  }
  return { told, listener }
}

/** As the exporter answers: with a problem in the form of RFC 9457 when it refuses. */
export function answerWith(status: number, body: unknown): RequestListener {
  const type = status < 400 ? 'application/json' : 'application/problem+json; charset=utf-8'
  const said = status < 400 ? body : { ...(body as object), status }
  return (_, response) => void response.writeHead(status, { 'content-type': type }).end(JSON.stringify(said))
}

/** A rollout as the exporter's answers have it. */
export function rollout(id: string, phase: string, finishedAt: string | null = null) {
  const startedAt = '2026-11-22T20:05:00.000Z'
  const rest = { detectedBy: 'declared', actor: 'ann (ci)', reason: 'r', revision: null, chart: null }
  return { id, phase, startedAt, finishedAt, images: {}, ...rest }
}

export const problem = (code: ProblemCode, detail: string) => ({
  type: problemType(code),
  title: problems[code].title,
  detail,
})

/** Runs a command against an exporter that answers so. */
export async function tell(args: readonly string[], ...answers: readonly Said[]) {
  const server = answering(...answers)
  const { url } = await listen(server.listener)
  return { ...(await runHere([...args, '--url', url], env)), told: server.told, url }
}
