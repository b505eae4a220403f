import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { locateClient } from '../../../rig/clients.ts'

/** A client by its own code (`test/clients`), which answers one question after another. */
export interface ClientProgram {
  /** Sends a line of JSON and resolves with the line of JSON that comes back; rejects when the program has ended. */
  ask(question: object): Promise<unknown>
  end(): Promise<void>
}

/** Starts a client, such as `argo-rollouts-1.9.1`, with variables beside ours; throws when it is not built. */
export function startClient(name: string, env: Readonly<Record<string, string>> = {}): ClientProgram {
  const program = locateClient(name)
  if (program === undefined) throw new Error(`${name} is not built: run node scripts/clients.ts ${name}`)
  const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const closed = once(child, 'close')
  let complaint = ''
  child.stderr.on('data', (part: Buffer) => void (complaint += part.toString()))
  // A question to a program that has ended is told so below.
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  // One question at a time, so that each gets its own answer.
  let turn: Promise<unknown> = Promise.resolve()

  async function exchange(question: object): Promise<unknown> {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value } = await lines.next()
    if (value !== undefined) return JSON.parse(value) as unknown
    await closed
    throw new Error(`${name} ended: ${complaint.slice(-2_000)}`)
  }
  return {
    ask(question) {
      const answered = turn.then(() => exchange(question))
      turn = answered.catch(() => undefined)
      return answered
    },
    async end() {
      child.stdin.end()
      child.kill()
      await closed
    },
  }
}
