import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Millis } from '../../src/core/time.ts'

const program = `
  const { parentPort, workerData } = require('node:worker_threads')
  const answer = 'HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok'
  const server = require('node:net').createServer({ noDelay: true }, (socket) => {
    let timer
    socket.on('error', () => {})
    socket.on('data', () => {
      clearTimeout(timer)
      socket.write(answer)
      timer = setTimeout(() => socket.destroy(), workerData)
    })
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`

/**
 * A server that closes what was idle for as long as `idle`, and does not say so before. It runs in a thread of its own,
 * or it could never close a connection in the moment in which a request is written to it.
 */
export async function impatientServer(
  idle: Millis,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const worker = new Worker(program, { eval: true, workerData: idle })
  const [port] = (await once(worker, 'message')) as [number]
  return { url: `http://127.0.0.1:${port}`, close: async () => void (await worker.terminate()) }
}
