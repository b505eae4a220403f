import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { HttpFailure } from '../../src/connections/http-exchange.ts'
import { openHttp } from '../../src/connections/http.ts'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { hanging, misbehavingServer, saysJson } from '../support/misbehaving-server.ts'

const authority = certificateAuthority()

/** Asks once: the status, or the reason and the message why there was none. */
async function ask(url: string, ca: string | undefined, timeout = 5_000): Promise<readonly string[]> {
  const http = openHttp(ca === undefined ? {} : { tls: { ca } })
  try {
    const request = { deadline: AbortSignal.timeout(timeout), maxBytes: 1_000 }
    return [`${(await http.get(`${url}/ready`, request)).status}`]
  } catch (fault) {
    if (!(fault instanceof HttpFailure)) throw fault
    return [fault.reason, fault.message]
  } finally {
    await http.close()
  }
}

describe('TLS', () => {
  it('is spoken with a host that an authority in the settings vouches for', async () => {
    const server = await misbehavingServer(saysJson(200, {}), { tls: authority.issue('localhost') })

    expect(await ask(server.url, authority.ca)).toEqual(['200'])
    await server.close()
  })

  it.each([
    ['a certificate for another host', authority.ca, 'other.example', 'tls_wrong_host'],
    ['an authority that nobody trusts', undefined, 'localhost', 'tls_not_trusted'],
    ['another authority of the same name', certificateAuthority().ca, 'localhost', 'tls_not_trusted'],
  ])('is refused with %s, and nothing is asked', async (_, ca, name, reason) => {
    const server = await misbehavingServer(saysJson(200, {}), { tls: authority.issue(name) })

    expect(await ask(server.url, ca)).toEqual([reason, expect.stringContaining('certificate')])
    expect(server.requests).toHaveLength(0)
    await server.close()
  })

  it('is told from plain HTTP', async () => {
    const server = createServer((_, response) => response.end('{"ok":true}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo

    expect((await ask(`https://127.0.0.1:${port}`, undefined))[0]).toBe('tls_failed')
    await new Promise((resolve) => server.close(resolve))
  })

  it('ends at its deadline when the handshake hangs', async () => {
    const server = await misbehavingServer(hanging)
    const startedAt = performance.now()

    const outcome = await ask(server.url.replace('http:', 'https:'), undefined, 200)

    expect(outcome).toEqual(['timeout', expect.stringContaining('did not accept a connection')])
    expect(performance.now() - startedAt).toBeLessThan(900)
    await server.close()
  })
})
