/** How a service's HTTP server speaks, whatever it says. */
export type Manner = {
  /** Sent with every answer. */
  readonly headers?: Readonly<Record<string, string>>
  /** Name of the header with the number of the request. */
  readonly requestId?: string
  readonly announcesKeepAlive: boolean
  /** How long an idle connection stays open, in milliseconds. */
  readonly keptAlive: number
  /** Longest body in bytes that is sent with its length; a longer one is chunked. */
  readonly longestWhole: number
  /** What each request adds to the service's log; recorded over one minute of brisk looking. */
  readonly logs: { readonly lines: number; readonly bytes: number }
}

const node = { announcesKeepAlive: true, keptAlive: 75_000, longestWhole: Infinity } as const

/** net/http: IdleTimeout of the services, and the buffer within which it computes the length itself. */
const go = {
  announcesKeepAlive: false,
  keptAlive: 60_000,
  longestWhole: 2_048,
  logs: { lines: 0, bytes: 0 },
} as const

export const manners = {
  api: { ...node, requestId: 'x-request-id', logs: { lines: 2, bytes: 586 } },
  coordinator: { ...node, logs: { lines: 2, bytes: 676 } },
  web: {
    ...node,
    headers: {
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
    },
    requestId: 'x-request-id',
    logs: { lines: 1, bytes: 262 },
  },
  sts: go,
  gateway: { ...go, requestId: 'X-Request-Id' },
  audit: go,
} as const satisfies Readonly<Record<string, Manner>>
