import { connect } from 'node:net'
import { within } from './deadline.ts'

/** A command that Redis was sent, as its MONITOR shows it. */
export type Seen = {
  /** Milliseconds of Redis' own clock. */
  readonly at: number
  /** Address and port of the client. */
  readonly from: string
  /** In upper case. */
  readonly name: string
  /** The word behind the name, as it was sent. */
  readonly sub: string
}

/** Time, database, client, then each word in quotes with everything odd in it escaped. */
const line = /^\+(\d+\.\d+) \[\d+ (\S+)\] "((?:[^"\\]|\\.)*)"(?: "((?:[^"\\]|\\.)*)")?/

/** What one line of MONITOR says; undefined for any other. */
export function seenIn(text: string): Seen | undefined {
  const [, time, from = '', name = '', sub = ''] = line.exec(text) ?? []
  return time === undefined ? undefined : { at: Number(time) * 1_000, from, name: name.toUpperCase(), sub }
}

export type Monitor = {
  /** Ends the watching and gives all that was seen, in its order. */
  stop(): readonly Seen[]
}

/**
 * Watches every command that any client sends, on a bare connection: each is one line, and a client that pairs answers with
 * commands of its own loses its place among them.
 * @throws when Redis refuses, or says nothing for `patience` milliseconds
 */
export async function monitor(url: string, patience = 5_000): Promise<Monitor> {
  const { hostname, port, username, password } = new URL(url)
  const login = ['AUTH', username || 'default', password].map(decodeURIComponent).join(' ')
  const questions = [...(password === '' ? [] : [login]), 'MONITOR']
  const socket = connect(Number(port || 6379), hostname).setEncoding('latin1')
  const seen: Seen[] = []
  const started = new Promise<void>((resolve, reject) => {
    let rest = ''
    let answers = 0
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\r\n')
      rest = lines.pop() ?? ''
      for (const text of lines) {
        const command = seenIn(text)
        if (command !== undefined) seen.push(command)
        else if (text.startsWith('-')) reject(new Error(`Redis refuses MONITOR: ${text.slice(1)}`))
        else if ((answers += 1) === questions.length) resolve()
      }
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('Redis closed the connection of MONITOR')))
  })
  // It may end later, when nothing waits for it any more.
  started.catch(() => undefined)
  socket.write(`${questions.join('\r\n')}\r\n`)
  try {
    await within('the answer of Redis to MONITOR', patience / 1_000, () => started)
  } catch (fault) {
    socket.destroy()
    throw fault
  }
  return {
    stop() {
      socket.destroy()
      return seen
    },
  }
}
