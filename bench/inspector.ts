import { readFileSync } from 'node:fs'

/** What a running Node process that was started with `--inspect=127.0.0.1:0` answers to its debugger. */
export type Inspector = {
  /** @throws what the process says when it refuses */
  call<T>(method: string, parameters?: object): Promise<T>
  close(): void
}

type Answer = {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** @param logFile where the process writes its errors to: its debugger's address is among them */
export async function inspect(logFile: string): Promise<Inspector> {
  // The last one: serve starts itself again in its place.
  const [address] = [...readFileSync(logFile, 'utf8').matchAll(/ws:\/\/\S+/g)].at(-1) ?? []
  if (address === undefined) throw new Error(`${logFile} names no debugger`)
  const socket = new WebSocket(address)
  const waiting = new Map<number, (answer: Answer) => void>()
  const gone = Promise.withResolvers<never>()
  gone.promise.catch(() => undefined)
  socket.addEventListener('close', () => gone.reject(new Error('the debugger closed the connection')))
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  const opened = new Promise((resolve) => socket.addEventListener('open', resolve))
  await Promise.race([opened, gone.promise])
  let lastId = 0
  return {
    async call<T>(method: string, parameters: object = {}) {
      lastId += 1
      const id = lastId
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
      socket.send(JSON.stringify({ id, method, params: parameters }))
      const { result, error } = await Promise.race([answered, gone.promise])
      if (error !== undefined) throw new Error(`${method}: ${error.message}`)
      return result as T
    },
    close: () => socket.close(),
  }
}
