import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { now } from './statistics.ts'

export type CrowdSettings = { readonly url: string; readonly streams: number; readonly waiters: number }

/** When each client had the whole of each document that was sent to it. */
export type Arrivals = { readonly streams: readonly Times[]; readonly waiters: readonly Times[] }
type Times = readonly number[]

/** Listens and waits in this process, so that reading does not delay the process that measures. */
export async function runCrowd({ url, streams, waiters }: CrowdSettings): Promise<void> {
  const send = process.send?.bind(process)
  if (send === undefined) throw new Error('the crowd is started by the benchmark')
  const arrivals = {
    streams: await gather(streams, (times) => listen(url, times)),
    waiters: await gather(waiters, (times) => wait(url, times)),
  }
  process.on('message', (message) => {
    if (message === 'report') send({ arrivals } satisfies { readonly arrivals: Arrivals })
  })
  process.on('disconnect', () => process.exit())
  send('ready')
}

/** Opens so many connections, some at a time: a server takes no more than 511 that it has not accepted. */
async function gather(count: number, open: (times: number[]) => void): Promise<readonly number[][]> {
  const all: number[][] = []
  while (all.length < count) {
    const times: number[] = []
    open(times)
    all.push(times)
    if (all.length % 50 === 0) await pause(50)
  }
  await pause(1_000)
  return all
}

function dial(url: string): { readonly socket: Socket; readonly host: string } {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.setNoDelay(true)
  return { socket, host }
}

function listen(url: string, times: number[]): void {
  const { socket, host } = dial(url)
  let isComing = false
  socket.on('data', (chunk: Buffer) => {
    if (chunk.includes('event: gates\n')) isComing = true
    // An event is a chunk of its own, which ends with the end of the event and the end of the chunk.
    if (!isComing || !chunk.subarray(-4).equals(eventEnd)) return
    isComing = false
    times.push(now())
  })
  socket.write(`GET /events HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
}

const eventEnd = Buffer.from('\n\n\r\n')

/** Waits for a change, and when one has come for the next. */
function wait(url: string, times: number[]): void {
  const { socket, host } = dial(url)
  let etag = '""'
  let head = ''
  let missing = -1
  function ask(): void {
    socket.write(`GET /gates?wait=55s HTTP/1.1\r\nhost: ${host}\r\nif-none-match: ${etag}\r\n\r\n`)
  }
  socket.on('data', (chunk: Buffer) => {
    if (missing < 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const fields = head.slice(0, end)
      etag = /^etag: (\S+)/im.exec(fields)?.[1] ?? etag
      missing = Number(/^content-length: (\d+)/im.exec(fields)?.[1] ?? 0) - (head.length - end - 4)
      if (/^HTTP\/1.1 200/.test(fields)) times.push(Number.NaN)
      head = ''
    } else missing -= chunk.length
    if (missing > 0) return
    missing = -1
    if (Number.isNaN(times.at(-1))) times[times.length - 1] = now()
    ask()
  })
  ask()
}
