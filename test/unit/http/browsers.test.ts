import { describe, expect, it } from 'vitest'
import { openWith } from './opening.ts'

// A browser says in Origin and Sec-Fetch-Site where a request comes from; no script can change that.

const own = { 'sec-fetch-site': 'same-origin', origin: 'https://gate.example' }
const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://other.example' }

async function acknowledged(headers: Readonly<Record<string, string>>, on = true, hosts: string[] = []) {
  const { app, context } = await openWith('stop', { browsersAcknowledge: () => on, hosts: () => hosts })
  const answer = await app.inject({
    method: 'POST',
    url: '/acknowledgements',
    headers: { authorization: 'Bearer all', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ stopCondition: 'audit-dlq-growing', reason: 'replayed' }),
  })
  return { status: answer.statusCode, body: answer.body, recorded: context.recorded }
}

describe('an acknowledgement from a browser', () => {
  it('R170: is refused unless the operator has switched it on, and is not recorded', async () => {
    for (const headers of [own, elsewhere, { origin: 'http://localhost:80' }]) {
      const { status, body, recorded } = await acknowledged(headers, false)
      expect([status, recorded]).toEqual([403, []])
      expect(body).toContain('http.page.acknowledge')
    }
  })

  it.each<[string, Record<string, string>, string[]?]>([
    ['of this origin, behind a proxy that changes the host', { ...own, host: 'caracal-gate:9465' }],
    ['of this origin, over plain HTTP', { origin: 'http://gate.example', host: 'gate.example' }],
    ['of an old browser, by a listed name', { origin: 'https://gate.example' }, ['Gate.Example']],
    ['behind a proxy that strips what a browser says', {}],
  ])('R170: %s is recorded, by the name of its token', async (_, headers, hosts) => {
    const { status, recorded } = await acknowledged(headers, true, hosts)
    expect(status).toBe(201)
    expect(recorded[0]?.args[1]).toEqual({ name: '', reason: 'replayed', token: 'ci' })
  })

  it.each<[string, Record<string, string>]>([
    ['of another site', elsewhere],
    ['of another name below the same domain', { ...own, 'sec-fetch-site': 'same-site' }],
    ['of a listed name, but another site', { ...elsewhere, origin: 'https://gate.example' }],
    ['that says nothing of its site but another origin', { origin: 'https://other.example' }],
    ['of no origin', { origin: 'null' }],
    ['of another port', { origin: 'http://gate.example:81', host: 'gate.example' }],
  ])('R170: %s is refused before its token is compared', async (_, headers) => {
    const { status, body, recorded } = await acknowledged(
      { ...headers, authorization: 'Bearer wrong' },
      true,
      ['gate.example.com'],
    )
    expect([status, recorded]).toEqual([403, []])
    expect(body).toContain('page of another site')
  })
})

describe('an acknowledgement from elsewhere', () => {
  it('needs neither, with the switch off', async () => {
    expect((await acknowledged({}, false)).status).toBe(201)
  })
})
