export type Extent = {
  /** Injections of each fault while brisk, and daemons that look at each fault while quiet. */
  readonly repetitions: number
  readonly quietDaemons: number
  readonly allQuietFaults: boolean
  /** Of each measurement of cost. */
  readonly seconds: number
  /**
   * Of each measurement of what the platform's stores do: at least two intervals of the look that is dearest to them, `/ready`
   * of the API.
   */
  readonly workSeconds: number
  /** All of it may take so many minutes, twice what it was seen to take. */
  readonly minutes: number
  /** Dispatched rows in the API's outbox. */
  readonly rows: number
  readonly waiting: number
  /** Whether Prometheus with its exporters is measured beside the daemon. */
  readonly peers: boolean
}

/** Six minutes on two cores that nothing else uses. */
export const quick: Extent = {
  repetitions: 5,
  quietDaemons: 3,
  allQuietFaults: false,
  seconds: 5,
  workSeconds: 30,
  minutes: 12,
  rows: 1_000_000,
  waiting: 100,
  peers: false,
}

/** Twenty minutes. */
export const whole: Extent = {
  repetitions: 30,
  quietDaemons: 6,
  allQuietFaults: true,
  seconds: 12,
  workSeconds: 60,
  minutes: 50,
  rows: 1_000_000,
  waiting: 500,
  peers: false,
}
