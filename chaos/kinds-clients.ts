import { createConnection, type Socket } from 'node:net'
import { post } from './http.ts'
import type { Kind } from './kind.ts'
import type { Scene } from './scene.ts'
import { repeatedly } from './stores.ts'

const unaffected = 'the platform is well all the time'

/** Connections that ask as much as they can write and read nothing. */
function neverReading(scene: Scene, count: number, text: string): () => void {
  const sockets: Socket[] = []
  const { hostname: host, port } = new URL(scene.daemon.url)
  for (let number = 0; number < count; number += 1) {
    const socket = createConnection({ host, port: Number(port), localAddress: '127.0.0.66' })
    socket.on('error', () => {})
    socket.pause()
    socket.write(text)
    sockets.push(socket)
  }
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

function asked(path: string, times: number): string {
  return `GET ${path} HTTP/1.1\r\nhost: chaos\r\n\r\n`.repeat(times)
}

function clients(name: string, describe: string, inject: Kind['inject']): Kind {
  return {
    name: `clients-${name}`,
    describe,
    areas: ['clients'],
    expect: { proceeds: 'if proven', why: unaffected },
    explains: [],
    inject,
  }
}

/** Bodies that no command takes. */
const malformed = [
  '',
  '{',
  'null',
  '[]',
  '"begin"',
  '{"id":""}',
  '{"id":"\\u0000","actor":"a","reason":"b"}',
  '{"id":"..","actor":"a","reason":"b"}',
  '{"id":"x","actor":"a","reason":"b","phase":"done"}',
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  `{"id":"${'x'.repeat(70_000)}"}`,
  '{"__proto__":{"id":"x"},"actor":"a","reason":"b"}',
]

export const clientKinds: readonly Kind[] = [
  clients('pipelining', 'Ten connections ask for the metrics 2,000 times each and read nothing.', (scene) =>
    Promise.resolve({ detail: '', undo: neverReading(scene, 10, asked('/metrics', 2_000)) }),
  ),
  clients('not-reading', '100 event streams, 100 long polls and 50 documents without a reader.', (scene) => {
    const undo = [
      neverReading(scene, 100, asked('/events', 1)),
      neverReading(scene, 100, asked('/gates?wait=25s', 1)),
      neverReading(scene, 50, asked('/gates', 1)),
    ]
    return Promise.resolve({ detail: '', undo: () => undo.forEach((end) => end()) })
  }),
  clients('half-spoken', '200 connections that send half a request, or nothing.', (scene) => {
    const undo = [
      neverReading(scene, 100, 'POST /rollouts HTTP/1.1\r\nhost: chaos\r\ncontent-length: 500\r\n\r\n{'),
      neverReading(scene, 100, ''),
    ]
    return Promise.resolve({ detail: '', undo: () => undo.forEach((end) => end()) })
  }),
  clients(
    'malformed',
    'Commands with bodies that no command takes, as fast as they are answered.',
    (scene) => {
      let turn = 0
      const routes = ['/rollouts', '/rollouts/x/finish', '/evidence/helm-render', '/acknowledgements']
      const loop = repeatedly(5, () => {
        turn += 1
        const [path, body] = [routes[turn % routes.length], malformed[turn % malformed.length]]
        return post(`${scene.daemon.url}${path}`, scene.token, body ?? '')
      })
      return Promise.resolve({ detail: '', undo: () => loop.stop() })
    },
  ),
  clients('wrong-tokens', 'Commands with tokens that are wrong, as fast as they are answered.', (scene) => {
    let turn = 0
    const body = '{"id":"chaos-forged","actor":"a","reason":"b","supersede":true}'
    const loop = repeatedly(5, async () => {
      turn += 1
      await post(`${scene.daemon.url}/rollouts`, `wrong-${turn}`, body)
    })
    return Promise.resolve({ detail: '', undo: () => loop.stop() })
  }),
]
