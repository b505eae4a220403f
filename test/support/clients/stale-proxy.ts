import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { listen } from '../cli-process.ts'

interface Stored {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly status: number
}

export interface StaleProxyOptions {
  readonly upstream: string
  /** Whether it keeps what says `cache-control: no-store`, as one does that is told to ignore the header. */
  readonly careless: boolean
  /** How long ago what it keeps was answered, when it gives it out: the times in it are set back by so many milliseconds. */
  readonly age: number
}

export interface StaleProxy {
  readonly url: string
  /** From now on it waits for the exporter but a moment: whoever calls this has halted it. */
  impatient(): void
}

/** Milliseconds: what a living exporter on a loaded machine never takes, and what nobody waits for in vain. */
const PATIENT = 30_000
const IMPATIENT = 500

/**
 * A cache in front of the exporter that gives out what it has when nobody answers behind it: RFC 9111 section 4.2.4, and
 * `proxy_cache_use_stale` of nginx, which says nothing of age and sets the `Date` of its own answer. Like them it keeps
 * answers to GET only, and no longer tries a server that failed (`max_fails`).
 */
export async function staleProxy({ upstream, careless, age }: StaleProxyOptions): Promise<StaleProxy> {
  const kept = new Map<string, Stored>()
  let patience = PATIENT
  let lost = false
  const { url } = await listen((request, response) => {
    const { url: path = '/', method = 'GET' } = request
    const give = (stored: Stored) => void response.writeHead(stored.status, stored.headers).end(stored.body)
    const forwarded = lost
      ? Promise.reject(new Error('not tried'))
      : forward(upstream + path, request, patience)
    forwarded.then(
      (stored) => {
        const forbidden = stored.headers['cache-control']?.includes('no-store') === true
        if (method === 'GET' && stored.status === 200 && (careless || !forbidden)) kept.set(path, stored)
        give(stored)
      },
      () => {
        lost = true
        const stored = method === 'GET' ? kept.get(path) : undefined
        give(stored === undefined ? { status: 504, headers: {}, body: '' } : aged(stored, age))
      },
    )
  })
  return { url, impatient: () => void (patience = IMPATIENT) }
}

async function forward(url: string, request: IncomingMessage, patience: number): Promise<Stored> {
  const { method = 'GET', headers: given } = request
  const passed = ['authorization', 'caracal-nonce', 'content-type'].flatMap((name) => {
    const value = given[name]
    return value === undefined ? [] : [[name, value.toString()] as const]
  })
  const body = method === 'POST' ? await text(request) : ''
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(patience),
    redirect: 'manual',
    headers: Object.fromEntries(passed),
    ...(body !== '' && { body }),
  })
  const headers = ['cache-control', 'content-type', 'etag', 'retry-after', 'caracal-nonce'].flatMap(
    (name) => {
      const value = response.headers.get(name)
      return value === null ? [] : [[name, value] as const]
    },
  )
  return { status: response.status, headers: Object.fromEntries(headers), body: await response.text() }
}

function aged(stored: Stored, age: number): Stored {
  const body = stored.body.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) =>
    new Date(Date.parse(time) - age).toISOString(),
  )
  return { ...stored, body }
}
