import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { promisify } from 'node:util'

/** Addresses for pods; `release` ends the claim to them. */
export type PodAddresses = {
  /** Whether a server of this machine can listen on them; if not, `why` says what is missing. */
  readonly bindable: boolean
  readonly why: string
  /** An address of its own, of 198.18.0.0/16. */
  next(): string
  release(): Promise<void>
}

// The network kept for benchmarks (RFC 2544): nothing real has an address of it, and unlike 127.0.0.0/8 the
// API server accepts it in EndpointSlices. A local route makes every address of it this machine's own.
const network = '198.18.0.0/16'
const route = ['local', network, 'dev', 'lo']
/** Marks the route as ours, so that the last one to leave takes away no other's. */
const protocol = '218'
const missingProgram = 'no program ip (Debian: apt-get install --no-install-recommends iproute2)'

/** A claim is a socket, which ends with its process: block n has the addresses 198.18.4n.0 to 198.18.4n+3.254. */
const claimPort = 47_218
// The last block is the nodes' own.
const blocks = 63
const blockSize = 1_022

/**
 * Claims a block of addresses that servers can listen on, which needs root and `ip` unless the route is
 * there already. Where that cannot be, the addresses are good for the API server only.
 */
export async function podAddresses(): Promise<PodAddresses> {
  const problem = await addRoute()
  if (problem !== undefined)
    return { bindable: false, why: problem, next: counter(0), release: async () => {} }
  for (let turn = 1; turn <= 20; turn += 1) {
    for (let step = 0; step < blocks; step += 1) {
      const block = (process.pid + step) % blocks
      const claimed = await claim(block)
      if (claimed !== undefined)
        return { bindable: true, why: '', next: counter(block), release: () => release(claimed) }
    }
    // All are taken while another process removes the route: then it must be made again.
    await addRoute()
  }
  const why = `all addresses of ${network} are in use`
  return { bindable: false, why, next: counter(0), release: async () => {} }
}

function counter(block: number): () => string {
  let last = 0
  return () => {
    last += 1
    if (last > blockSize) throw new Error(`No more than ${blockSize} pods have addresses`)
    return `198.18.${block * 4 + (last >> 8)}.${last & 0xff}`
  }
}

/** Makes the route unless it is there; says why it can't. */
async function addRoute(): Promise<string | undefined> {
  const shown = await ip('route', 'show', 'table', 'local', network)
  if (shown.ok && shown.text.includes(network)) return undefined
  const added = await ip('route', 'add', ...route, 'proto', protocol)
  if (added.ok || added.text.includes('File exists')) return undefined
  return `no route to ${network}: ${added.text} (as root: ip route add ${route.join(' ')})`
}

async function claim(block: number): Promise<Server | undefined> {
  const server = createServer()
  const claimed = await new Promise<boolean>((done) => {
    server.once('error', () => done(false))
    server.listen(claimPort, `198.18.${block * 4 + 3}.255`, () => done(true))
  })
  server.unref()
  return claimed ? server : undefined
}

/** Ends a claim, and removes the route when no other claim is left. */
async function release(mine: Server): Promise<void> {
  await close(mine)
  const shown = await ip('route', 'show', 'table', 'local', network)
  if (!shown.text.includes(`proto ${protocol}`)) return
  // Who holds every block is alone, and no claim can begin while the route goes.
  const held = await Promise.all(Array.from({ length: blocks }, (_, block) => claim(block)))
  if (held.every((server) => server !== undefined)) await ip('route', 'del', ...route)
  await Promise.all(held.flatMap((server) => (server === undefined ? [] : [close(server)])))
}

function close(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
  })
}

async function ip(...args: readonly string[]): Promise<{ readonly ok: boolean; readonly text: string }> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`
  try {
    const { stdout } = await promisify(execFile)('ip', args, { env: { ...process.env, PATH: path } })
    return { ok: true, text: stdout }
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string }
    return { ok: false, text: code === 'ENOENT' ? missingProgram : stderr.trim() }
  }
}
