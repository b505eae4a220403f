/** What an HTTP library makes of a request. */
export type Exchange =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body: string
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly kind: 'refused' | 'timeout' | 'unresolved' | 'broken'; readonly message: string }

export interface Request {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds until the whole answer must be there. */
  readonly within: number
}

/** One request, redirects followed, as the HTTP libraries of Go and Spring do by default. Never rejects. */
async function exchange({ method, url, headers = {}, body, within }: Request): Promise<Exchange> {
  try {
    const signal = AbortSignal.timeout(within)
    const init = { method, headers: { ...headers }, signal, ...(body !== undefined && { body }) }
    const response = await fetch(url, init)
    const text = await response.text()
    return {
      kind: 'answer',
      status: response.status,
      body: text,
      headers: Object.fromEntries(response.headers.entries()),
    }
  } catch (error) {
    return { kind: kindOf(error), message: error instanceof Error ? error.message : String(error) }
  }
}

function kindOf(error: unknown): 'refused' | 'timeout' | 'unresolved' | 'broken' {
  if (error instanceof Error && error.name === 'TimeoutError') return 'timeout'
  const cause = error instanceof Error ? error.cause : undefined
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  if (code === 'ECONNREFUSED') return 'refused'
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'unresolved' : 'broken'
}

/**
 * Asks as `exchange` does, and takes the same for granted after a time-out, so that a test need not sit all of them out:
 * nobody fixes anything while a client asks.
 */
export function line(): typeof exchange {
  let hung = false
  return async (request) => {
    if (hung) return { kind: 'timeout', message: 'as before' }
    const result = await exchange(request)
    hung = result.kind === 'timeout'
    return result
  }
}

/** The body as JSON, or undefined when it is none. */
export function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}
