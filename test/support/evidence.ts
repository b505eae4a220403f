import type { IncomingMessage, RequestListener } from 'node:http'
import { answerWith, problem } from './cli-answers.ts'
import { run, type Ended } from './cli-process.ts'

/** A request that was taken in. */
export interface Sent {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

/** An exporter that takes everything in, and answers with these states first. */
export function taking(...first: readonly number[]) {
  const sent: Sent[] = []
  const listener: RequestListener = (request, response) => {
    void textOf(request).then((text) => {
      const { authorization } = request.headers
      sent.push({
        path: request.url ?? '',
        authorization,
        body: JSON.parse(text) as Sent['body'],
      })
      const status = first[sent.length - 1] ?? 201
      const answer =
        status < 300
          ? {
              check: request.url?.split('/').at(-1),
              outcome: sent.at(-1)?.body['outcome'],
              expiresAt: 'soon',
            }
          : { ...problem('invalid-request', 'so wrong'), title: 'wrong' }
      answerWith(status, answer)(request, response)
    })
  }
  return { sent, listener }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString()
  return text
}

/** All that the program sees of its environment. */
export const env = {
  CARACAL_GATE_TOKEN: 'secret-token',
  CARACAL_GATE_ACTOR: 'pipeline-17',
  PATH: '/usr/bin:/bin',
}

/** Runs `caracal-gate evidence` with a token and a name. */
export function evidence(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return run(['evidence', ...args], { ...env, ...more })
}
