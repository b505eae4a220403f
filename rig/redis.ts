import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createConnection } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { freePort, launch, removeFolder, temporaryFolder, waitUntilReady } from './processes.ts'
import type { ServerProcess } from './processes.ts'

export type RedisOptions = {
  /** Directives of redis.conf, as written there: `{ maxmemory: '64mb' }`. */
  readonly config?: Readonly<Record<string, string>>
  /** Further command-line arguments, for what a file can't say (`--sentinel`). */
  readonly args?: readonly string[]
  /** Serve TLS only, with these PEM files. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string }
  /** Lines of an ACL file: `user gate on >secret ~caracal.* -@all +xinfo +ping`. */
  readonly users?: readonly string[]
  /** Use TEST_REDIS_URL when it is set: for tests that bear other keys beside their own and stop nothing. */
  readonly shared?: boolean
}

/** A Redis that answers. One that we did not start (`owned` false) can't be suspended, killed or restarted. */
export type RedisServer = {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly pid: number
  readonly owned: boolean
  /** SIGSTOP: connections stay open and nothing answers. */
  suspend(): void
  resume(): void
  /** SIGKILL: connections break, the port refuses. */
  kill(): Promise<void>
  /** Starts again on the same port with the same settings after `kill`; without persistence it is empty. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const folders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
const names = ['redis-server', 'valkey-server']

/** Starts a real Redis on a free loopback port, without persistence, and waits until it answers PING. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const shared = process.env['TEST_REDIS_URL']
  if (options.shared === true && shared !== undefined && shared !== '') return sharedServer(shared)
  const binary = findBinary()
  const folder = await temporaryFolder('redis')
  try {
    return await startOnFreePort(binary, folder, options)
  } catch (error) {
    await removeFolder(folder)
    throw error
  }
}

function findBinary(): string {
  const given = process.env['REDIS_BIN']
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return given
    throw new Error(`REDIS_BIN names ${given}, which does not exist`)
  }
  const path = (process.env['PATH'] ?? '').split(delimiter)
  for (const name of names) {
    for (const folder of [...path, ...folders]) {
      if (folder !== '' && existsSync(join(folder, name))) return join(folder, name)
    }
  }
  throw new Error(
    'No redis-server found. Install it (Debian: apt-get install -y --no-install-recommends redis-server; ' +
      'macOS: brew install redis) or name the program in REDIS_BIN.',
  )
}

async function startOnFreePort(binary: string, folder: string, options: RedisOptions): Promise<RedisServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return await startOn(port, binary, folder, options)
    } catch (error) {
      // Between asking for a free port and taking it another process may have taken it.
      if (attempt === 3 || !String(error).includes('Address already in use')) throw error
    }
  }
}

async function startOn(
  port: number,
  binary: string,
  folder: string,
  options: RedisOptions,
): Promise<RedisServer> {
  await writeFile(join(folder, 'users.acl'), `${(options.users ?? []).join('\n')}\n`)
  await writeFile(join(folder, 'redis.conf'), configText(port, folder, options))
  async function spawnServer(): Promise<ServerProcess> {
    const args = [join(folder, 'redis.conf'), ...(options.args ?? [])]
    const started = launch({ command: binary, args, folder, endSignal: 'SIGKILL' })
    await waitUntilReady(
      started,
      () => answersPing(port, options.tls !== undefined),
      (why) => new Error(`redis-server did not start: ${why}\n${started.output()}`),
    ).catch(async (error: unknown) => {
      await started.end('SIGKILL')
      throw error
    })
    return started
  }
  let server = await spawnServer()
  return {
    url: urlOf(port, options),
    host: '127.0.0.1',
    port,
    get pid() {
      return server.pid
    },
    owned: true,
    suspend: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    kill: () => server.end('SIGKILL'),
    restart: async () => {
      await server.end('SIGKILL')
      server = await spawnServer()
    },
    stop: async () => {
      await server.end('SIGKILL')
      await removeFolder(folder)
    },
  }
}

function configText(port: number, folder: string, options: RedisOptions): string {
  const { tls } = options
  const settings: Record<string, string> = {
    bind: '127.0.0.1',
    dir: folder,
    save: '""',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    ...(tls === undefined
      ? { port: String(port) }
      : {
          port: '0',
          'tls-port': String(port),
          'tls-cert-file': tls.certFile,
          'tls-key-file': tls.keyFile,
          'tls-ca-cert-file': tls.caFile,
          'tls-auth-clients': 'no',
        }),
    ...(options.users === undefined ? {} : { aclfile: join(folder, 'users.acl') }),
    ...options.config,
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${value === '' ? '""' : value}\n`)
    .join('')
}

function urlOf(port: number, options: RedisOptions): string {
  const scheme = options.tls === undefined ? 'redis' : 'rediss'
  const password = options.config?.['requirepass']
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return `${scheme}://${login}127.0.0.1:${port}`
}

/** Any answer to PING will do: a server that demands a password is up as well. */
function answersPing(port: number, tls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : createConnection({ port, host: '127.0.0.1' })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1_000, () => settle(false))
    socket.on('error', () => settle(false))
    socket.on('data', (data) => settle(/^(\+PONG|-NOAUTH|-NOPERM)/.test(data.toString())))
    socket.write('PING\r\n')
  })
}

function sharedServer(url: string): RedisServer {
  const { hostname, port } = new URL(url)
  const refuse = () => {
    throw new Error('This Redis was given by TEST_REDIS_URL: it is not ours to suspend, kill or restart.')
  }
  return {
    url,
    host: hostname,
    port: Number(port === '' ? 6379 : port),
    pid: 0,
    owned: false,
    suspend: refuse,
    resume: refuse,
    kill: () => Promise.resolve().then(refuse),
    restart: () => Promise.resolve().then(refuse),
    stop: () => Promise.resolve(),
  }
}
