/** An error as RFC 9457 has it, with what was wrong and what would be right. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** Ids or methods that would have been valid. */
  readonly allowed?: readonly string[]
  readonly faults?: readonly Fault[]
}

export interface Fault {
  readonly parameter: string
  readonly value: string
  readonly allowed: string
}
