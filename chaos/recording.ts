/** Epoch milliseconds of the harness, which never step back. Every instant of a recording is one. */
export type Instant = number

/** A fault as it was carried out. */
export interface Standing {
  readonly kind: string
  readonly act: number
  /** The replica, file or manner that chance chose. */
  readonly detail: string
  /** When the harness began to turn it on. */
  readonly from: Instant
  /** When it was on as a whole; absent when it could not be turned on. */
  since?: Instant
  /** When the harness began to turn it off. */
  until?: Instant
  /** When it was off and the platform well again, as far as this fault is concerned. */
  over?: Instant
}

export interface StopExcerpt {
  readonly state: string
  readonly latchedAt: string | null
  readonly acknowledged: boolean
  readonly message: string
}

/** What the invariants need of a document of `/gates`. */
export interface Excerpt {
  readonly verdict: string
  readonly summary: string
  readonly index: string
  readonly cadence: string
  readonly evaluatedAt: string
  readonly expiresAt: string
  readonly rollout: { readonly id: string | null; readonly phase: string }
  readonly stateOk: boolean
  readonly stops: Readonly<Record<string, StopExcerpt>>
  readonly checks: Readonly<Record<string, string>>
  readonly blocking: readonly string[]
  /** Ids of what the document says is overridden. */
  readonly overridden: readonly string[]
}

/** One answer to `GET /gates`, or one run of the command line. */
export interface Reading {
  readonly by: 'http' | 'cli'
  readonly asked: Instant
  readonly got: Instant
  /** A client may rely on it: it is whole, and not older than it may be by the server's own clock. */
  readonly fresh: boolean
  readonly verdict: string
  readonly document?: Excerpt
  readonly contradictions: readonly string[]
}

/** A command over HTTP; status 0 when no answer came. */
export interface Command {
  readonly name: 'begin' | 'finish' | 'evidence' | 'acknowledge' | 'override' | 'override-end'
  readonly asked: Instant
  readonly got: Instant
  readonly status: number
  /** The rollout, the check, the stop condition, or what is overridden. */
  readonly subject: string
  readonly outcome?: string
  /** For an acknowledgement: when the latch was set that it is about. */
  readonly latchedAt?: string | null
  /** For an override: how long it lasts, and whether it is for what is latched too. */
  readonly forSeconds?: number
  readonly latched?: boolean
  readonly answer: string
}

/** What happened to the daemon's process. `exited` is an end that the harness did not cause. */
export interface Life {
  readonly at: Instant
  readonly what: 'started' | 'killed' | 'terminated' | 'exited' | 'suspended' | 'resumed'
  readonly detail: string
}

export interface Health {
  readonly asked: Instant
  readonly got: Instant
  readonly ok: boolean
}

/** The process as /proc shows it; bytes. */
export interface Usage {
  readonly at: Instant
  readonly pid: number
  readonly resident: number
  readonly peak: number
  readonly descriptors: number
  readonly threads: number
  /** No fault is active and the verdict is proceed. */
  readonly calm: boolean
}

/** A turn of the harness that came late: the machine, or the harness, was busy. */
export interface Pulse {
  readonly at: Instant
  readonly late: number
}

/** The time after the last fault: from when the harness saw the platform well, to the first `proceed`. */
export interface Calm {
  readonly act: number
  readonly from: Instant
  readonly proceeded?: Instant
  readonly gaveUp?: Instant
  readonly said: string
}

/** The harness took away what the daemon remembered; what was answered before is not owed any more. */
export interface Forgotten {
  readonly at: Instant
  readonly why: string
}

export interface Recording {
  readonly seed: number
  readonly startedAt: Instant
  readonly standings: Standing[]
  readonly readings: Reading[]
  readonly commands: Command[]
  readonly lives: Life[]
  readonly health: Health[]
  readonly usage: Usage[]
  readonly pulses: Pulse[]
  readonly calms: Calm[]
  readonly forgotten: Forgotten[]
}

export function newRecording(seed: number, startedAt: Instant): Recording {
  return {
    seed,
    startedAt,
    standings: [],
    readings: [],
    commands: [],
    lives: [],
    health: [],
    usage: [],
    pulses: [],
    calms: [],
    forgotten: [],
  }
}

export function now(): Instant {
  return performance.timeOrigin + performance.now()
}
