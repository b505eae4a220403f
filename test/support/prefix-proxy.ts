import { request } from 'node:http'
import { listen, type Listening } from './cli-process.ts'

/**
 * A reverse proxy that serves a daemon under a prefix and takes the prefix away, as an ingress or `kubectl proxy` does;
 * it knows nothing of what it passes on. With `keep` it leaves the prefix where it is. What is outside is 404.
 */
export function prefixProxy(upstream: string, prefix: string, keep?: 'keep'): Promise<Listening> {
  return listen((incoming, outgoing) => {
    const path = incoming.url ?? ''
    const rest = path.slice(prefix.length)
    if (!path.startsWith(prefix) || !/^(\/|\?|$)/.test(rest)) return void outgoing.writeHead(404).end()
    const { method, headers } = incoming
    const to = keep === 'keep' ? path : rest.startsWith('/') ? rest : `/${rest}`
    const passed = request(upstream + to, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
}
