import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Of this machine; no program answers there. */
const ADDRESS = '127.77.0.53'

/** A machine whose only name server never answers, for programs that run in it. */
export interface SilentNameServer {
  /** Runs a program of Node's until it ends. Rejects when it fails. */
  run(words: readonly string[]): Promise<string>
  close(): Promise<void>
}

/**
 * Needs root and `unshare`: the programs see a resolv.conf and a hosts file of their own.
 * @param held names that the hosts file gives, all of this machine
 */
export async function silentNameServer(held: readonly string[]): Promise<SilentNameServer> {
  const folder = await mkdtemp(join(tmpdir(), 'caracal-gate-names-'))
  const [resolvConf, hosts] = [join(folder, 'resolv.conf'), join(folder, 'hosts')]
  // As in a pod.
  await writeFile(resolvConf, `nameserver ${ADDRESS}\nsearch a.svc.test svc.test\noptions ndots:5\n`)
  await writeFile(hosts, `127.0.0.1 localhost ${held.join(' ')}\n`)
  const socket = createSocket({ type: 'udp4', reuseAddr: true }).bind(53, ADDRESS)
  await once(socket, 'listening')
  return {
    async run(program) {
      const mounts = `mount --bind ${resolvConf} /etc/resolv.conf && mount --bind ${hosts} /etc/hosts`
      const words = ['-m', 'sh', '-c', `${mounts} && exec "$@"`, 'sh', process.execPath, ...program]
      // As src/main.ts has it for the exporter.
      const env = { ...process.env, RES_OPTIONS: 'timeout:1 attempts:2', UV_THREADPOOL_SIZE: '8' }
      const child = spawn('unshare', words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
      const said: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
      const [code] = (await once(child, 'close')) as [number | null]
      if (code !== 0) throw new Error(`${program.join(' ')} ended with ${code}`)
      return Buffer.concat(said).toString()
    },
    async close() {
      socket.close()
      await rm(folder, { recursive: true })
    },
  }
}
