import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HttpFailure } from '../../src/connections/http-exchange.ts'
import { openHttp, type Http, type HttpAnswer } from '../../src/connections/http.ts'
import { corpus, type Sent } from '../support/http-corpus.ts'
import { play } from '../support/http-impostor.ts'
import { misbehavingServer, says, type MisbehavingServer } from '../support/misbehaving-server.ts'

let http: Http
let server: MisbehavingServer

beforeAll(async () => {
  http = openHttp()
  server = await misbehavingServer(says({}))
})

afterAll(async () => {
  await http.close()
  await server.close()
})

async function look(timeout: number): Promise<HttpAnswer | HttpFailure> {
  const request = { deadline: AbortSignal.timeout(timeout), maxBytes: 64 * 1024 }
  try {
    return await http.get(`${server.url}/ready`, request)
  } catch (fault) {
    if (fault instanceof HttpFailure) return fault
    throw fault
  }
}

/** Answers a look as `sent` says, waits until all of that is on its way, and looks at an honest server then. */
async function lookAt({ bytes, ending = 'keep' }: Sent): Promise<HttpAnswer | HttpFailure> {
  const plays: Promise<void>[] = []
  const script = { pieces: bytes === '' ? [] : [Buffer.from(bytes, 'latin1')], ending }
  server.behave((socket) => void plays.push(play(socket, script)))
  const seen = await look(5_000)
  await Promise.all(plays)
  const nonce = crypto.randomUUID()
  server.behave(says({ body: nonce }))
  expect(await look(5_000)).toMatchObject({ status: 200, body: nonce })
  return seen
}

describe('an answer that is not as it should be', () => {
  it.each(Object.entries(corpus))('X36: %s', async (_, sent) => {
    const seen = await lookAt(sent)

    if (seen instanceof HttpFailure) expect(seen.reason).toMatch(sent.reason ?? 'an answer')
    else expect(seen.body).toBe(sent.body)
  })
})
