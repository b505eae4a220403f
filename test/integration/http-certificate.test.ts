import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { startDaemon, type Daemon } from '../../demo/daemon.ts'
import { certificateAuthority, type Identity } from '../../rig/certificate-authority.ts'
import { freePort } from '../../rig/processes.ts'

const authority = certificateAuthority()
let folder: string
let daemon: Daemon | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gate-certificate-'))
})
afterEach(async () => {
  await daemon?.stop()
  daemon = undefined
  rmSync(folder, { recursive: true, force: true })
})

/** A daemon that can reach nothing and speaks TLS. */
async function serve(identity: Identity): Promise<Daemon> {
  const closed = await freePort()
  const names = ['api', 'sts', 'gateway', 'audit', 'coordinator']
  put(identity)
  const config = {
    services: Object.fromEntries(
      names.map((name) => [name, { replicas: [`http://127.0.0.1:${closed}/${name}`] }]),
    ),
    redis: { url: `redis://127.0.0.1:${closed}` },
    postgres: { url: `postgres://gate@127.0.0.1:${closed}/caracal` },
    http: { listen: '127.0.0.1:0', tls: { certFile: 'tls.crt', keyFile: 'tls.key' } },
    state: { file: 'state.json' },
  }
  writeFileSync(join(folder, 'gate.yaml'), stringify(config))
  daemon = await startDaemon(join(folder, 'gate.yaml'), join(folder, 'log'))
  return daemon
}

function put({ cert, key }: Identity): void {
  for (const [name, content] of [['tls.crt', cert] as const, ['tls.key', key] as const]) {
    writeFileSync(join(folder, `${name}.new`), content)
    renameSync(join(folder, `${name}.new`), join(folder, name))
  }
}

/** Serial number of the certificate that a new connection is shown. */
async function shownBy({ url }: Daemon): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket: TLSSocket = connect({
    host: hostname,
    port: Number(port),
    ca: authority.ca,
    checkServerIdentity: () => undefined,
  })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

async function metricsOf({ url }: Daemon): Promise<string> {
  const asked = request(`${url}/metrics`, { agent: false, rejectUnauthorized: false })
  asked.end()
  const [response] = await once(asked, 'response')
  return text(response)
}

const soon = <Value>(look: () => Value) => expect.poll(look, { timeout: 30_000, interval: 100 })

function serialOf({ cert }: Identity): string {
  return new X509Certificate(cert).serialNumber
}

function logged(): string {
  return readFileSync(join(folder, 'log'), 'utf8')
}

describe('the certificate of the listener', () => {
  it('X97: is taken up when its files change, and a broken one keeps the old', async () => {
    const [first, second, third] = ['one', 'two', 'three'].map((name) => authority.issue(name))
    if (first === undefined || second === undefined || third === undefined) throw new Error('not issued')
    const running = await serve(first)
    expect(await shownBy(running)).toBe(serialOf(first))
    put(second)
    await soon(() => shownBy(running)).toBe(serialOf(second))
    put({ cert: third.cert, key: first.key })
    await soon(logged).toContain('does not belong to the certificate')
    expect(await shownBy(running)).toBe(serialOf(second))
    expect(await metricsOf(running)).toContain('caracal_gate_exporter_config_last_reload_successful 0')
    put(third)
    await soon(() => shownBy(running)).toBe(serialOf(third))
  })

  it('X97: is told of when it has expired, at the start and after a reload', async () => {
    const expired = authority.issue('old', { expires: 2021 })
    const running = await serve(expired)
    expect(logged()).toContain('"expires":"2021-01-01T00:00:00.000Z"')
    expect(logged()).toContain('has expired')
    expect(await metricsOf(running)).toContain(
      `caracal_gate_exporter_certificate_expiry_timestamp_seconds ${Date.UTC(2021, 0) / 1_000}\n`,
    )
    const good = authority.issue('new', { expires: 2119 })
    put(good)
    await soon(() => metricsOf(running)).toContain(
      `caracal_gate_exporter_certificate_expiry_timestamp_seconds ${Date.UTC(2119, 0) / 1_000}\n`,
    )
    expect(logged().split('has expired')).toHaveLength(2)
  })
})
