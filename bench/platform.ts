import { fork } from 'node:child_process'
import { once } from 'node:events'
import { within } from './deadline.ts'
import type { Logged } from './log-lines.ts'
import type { Call, PlatformFacts, PlatformSettings } from './platform-process.ts'
import type { RequestCounts } from './request-counts.ts'

/** The simulated platform in its own process. Times are those of `now()` there, which is the same clock. */
export type Platform = PlatformFacts & {
  readonly pid: number
  strike(name: string): Promise<number>
  fix(name: string): Promise<number>
  requests(): Promise<RequestCounts>
  logged(): Promise<Logged>
  stop(): Promise<void>
}

type Answer = { readonly id: number; readonly at: number; readonly value?: unknown; readonly fault?: string }

/** @throws TooLate when it does not run within `patience` seconds */
export async function startPlatform(settings: PlatformSettings, patience = 180): Promise<Platform> {
  const child = fork(new URL('main.ts', import.meta.url), ['platform', JSON.stringify(settings)])
  const ended = once(child, 'exit')
  const waiting = new Map<number, (answer: Answer) => void>()
  let lastId = 0

  const started = new Promise<PlatformFacts>((resolve, reject) => {
    void ended.then(() => {
      reject(new Error('the platform ended before it ran'))
      for (const [id, answer] of waiting) answer({ id, at: 0, fault: 'the platform has ended' })
    })
    child.on('message', (message: Answer | { readonly facts: PlatformFacts }) => {
      if ('facts' in message) return resolve(message.facts)
      waiting.get(message.id)?.(message)
      waiting.delete(message.id)
    })
  })
  const facts = await within('the platform', patience, () => started).catch((fault: unknown) => {
    child.kill('SIGKILL')
    throw fault
  })

  async function ask(call: Call): Promise<Answer> {
    lastId += 1
    const id = lastId
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve)
      child.send({ id, call })
    })
    if (answer.fault !== undefined) throw new Error(answer.fault)
    return answer
  }

  return {
    ...facts,
    pid: child.pid ?? 0,
    strike: async (name) => (await ask({ do: 'strike', name })).at,
    fix: async (name) => (await ask({ do: 'fix', name })).at,
    requests: async () => (await ask({ do: 'requests' })).value as RequestCounts,
    logged: async () => (await ask({ do: 'logged' })).value as Logged,
    stop: async () => {
      child.kill('SIGCONT')
      try {
        await within('the end of the platform', 30, () => ask({ do: 'stop' }))
        child.disconnect()
        await within('the end of the platform', 10, () => ended)
      } catch {
        // One that was stopped on purpose ends only this way.
        child.kill('SIGKILL')
        for (const { pid } of [facts.redis, facts.postgres]) kill(pid)
      }
    },
  }
}

/** Ends a store that its own process could not end. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
