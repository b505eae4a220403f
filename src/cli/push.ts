import { deliver, type Delivered } from './deliver.ts'
import type { Endpoint } from './http.ts'
import type { Surroundings } from './process.ts'

/** What is said to `POST /evidence/{check}`. */
export interface Evidence {
  readonly outcome: 'pass' | 'fail'
  readonly message: string
  readonly digest?: string
  readonly rollout?: string
  readonly issuedAt: string
  readonly validForSeconds: number
  readonly actor: string
  readonly reason: string
}

/** Pushes evidence for a check: the same evidence twice is the same. Never rejects. */
export function push(
  endpoint: Endpoint,
  check: string,
  evidence: Evidence,
  surroundings: Pick<Surroundings, 'sleep'>,
  signal: AbortSignal,
): Promise<Delivered> {
  const message = {
    path: `evidence/${encodeURIComponent(check)}`,
    body: evidence,
    scope: 'evidence',
    isAnswer: (answer: Readonly<Record<string, unknown>>) =>
      answer['check'] === check && answer['outcome'] === evidence.outcome,
  } as const
  return deliver(endpoint, message, surroundings, signal)
}
