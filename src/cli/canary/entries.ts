import type { Finding } from './reasons.ts'

export type Component = 'sts' | 'gateway' | 'audit'
export type Step =
  'exchange-allowed' | 'exchange-denied' | 'call-allowed' | 'call-denied' | 'audit' | 'revocation'

/** What came of one step at one replica. */
export interface Entry extends Finding {
  readonly component: Component
  readonly replica: string
  readonly step: Step
}

/** A request that was answered as it must be, and the audit event that must tell of it. */
export interface Attempt {
  readonly component: 'sts' | 'gateway'
  readonly replica: string
  readonly requestId: string
  readonly type: 'token_exchange' | 'gateway_resource_request'
  readonly decision: 'allow' | 'deny'
}

/** What came of the steps at one replica. */
export interface Tried {
  readonly entries: readonly Entry[]
  readonly attempts: readonly Attempt[]
}
