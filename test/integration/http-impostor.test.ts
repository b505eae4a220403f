import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HttpFailure } from '../../src/connections/http-exchange.ts'
import { openHttp, type Http, type HttpAnswer } from '../../src/connections/http.ts'
import { corpus, type Sent } from '../support/http-corpus.ts'
import { improper, play, proper, type Script } from '../support/http-impostor.ts'
import { misbehavingServer, says, type MisbehavingServer } from '../support/misbehaving-server.ts'

/** One seed, so that every run tries the same; `FC_SEED` tries others. */
const seed = Number(process.env['FC_SEED'] ?? 20_261_129)
const numRuns = Number(process.env['FC_RUNS'] ?? 300)

/** Far more than a look at this machine takes. */
const PATIENT = 10_000

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

async function look(timeout: number, maxBytes = 16 * 1024): Promise<HttpAnswer | HttpFailure> {
  const request = { deadline: AbortSignal.timeout(timeout), maxBytes }
  try {
    return await http.get(`${server.url}/ready`, request)
  } catch (fault) {
    if (fault instanceof HttpFailure) return fault
    throw fault
  }
}

/** A look that is answered by the script, and then one at an honest server behind the same address. */
async function lookAt(script: Script, timeout: number, maxBytes?: number): Promise<HttpAnswer | HttpFailure> {
  const plays: Promise<void>[] = []
  server.behave((socket) => void plays.push(play(socket, script)))
  const seen = await look(timeout, maxBytes)
  await Promise.all(plays)
  const nonce = crypto.randomUUID()
  server.behave(says({ body: nonce }))
  expect(await look(PATIENT)).toMatchObject({ status: 200, body: nonce })
  return seen
}

describe('whatever a server says', () => {
  it('X36: a proper answer in any form and any pieces is read as it is', async () => {
    await fc.assert(
      fc.asyncProperty(proper, async ({ status, body, ...script }) => {
        expect(await lookAt(script, PATIENT)).toMatchObject({ status, body })
      }),
      { seed, numRuns },
    )
  })

  it('a look ends with an answer or a failure, and the next look is told nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(improper, async (script) => {
        const seen = await lookAt(script, 150)
        if (!(seen instanceof HttpFailure))
          expect(Buffer.byteLength(seen.body)).toBeLessThanOrEqual(16 * 1024)
      }),
      { seed, numRuns },
    )
  })

  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello'],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nx: y\r\n\r\n',
    ],
  ])('an answer with %s is none when it breaks off, at whichever byte', async (_, text) => {
    const whole = Buffer.from(text)
    for (let length = 0; length < whole.length; length += 1) {
      const ending = length % 2 === 0 ? 'close' : 'reset'
      const seen = await lookAt({ pieces: [whole.subarray(0, length)], ending }, PATIENT)
      expect([length, seen]).toEqual([length, expect.any(HttpFailure)])
    }
    expect(await lookAt({ pieces: [whole], ending: 'close' }, PATIENT)).toMatchObject({ body: 'hello' })
  })
})

describe('an answer that is not as it should be', () => {
  it.each(Object.entries(corpus))('X36: %s', async (_, { bytes, ending = 'keep', reason, body }: Sent) => {
    const pieces = bytes === '' ? [] : [Buffer.from(bytes, 'latin1')]
    const seen = await lookAt({ pieces, ending }, PATIENT, 64 * 1024)
    if (seen instanceof HttpFailure) expect(seen.reason).toMatch(reason ?? 'an answer')
    else expect(seen.body).toBe(body)
  })
})
