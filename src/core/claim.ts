import { beside, type Beside } from './beside.ts'
import type { Account, Sighting } from './evidence.ts'
import { keyOf, unseen, type Finding, type Level, type Quantity, type Recollection } from './finding.ts'
import type { Signal } from './signal.ts'

/** What a condition says of each reading of a signal. */
export interface Claim {
  /** Code of a breach; a function where the target itself says why. */
  readonly reason: string | ((sighting: Sighting) => string)
  /**
   * Says what was seen, e.g. `snapshot of gateway/gateway-1 is 71 s old`.
   * @param observed what is judged: of a lifetime count, what was added to it
   */
  readonly describe: (sighting: Sighting, key: string, observed: Quantity) => string
  /** What it said of each sighting, where it is one and the same claim whenever it is judged by. */
  readonly said?: Beside<Sighting, Said>
}

/** A finding with the baseline that it rests on, where it counts from one. */
interface Said {
  readonly finding: Finding
  readonly from: number | undefined
}

/**
 * A claim that is made once, for a condition about many replicas: of one that says what it said the finding is the same
 * object. It must be judged by one and the same limit.
 */
export function standingClaim(claim: Claim): Claim {
  return { ...claim, said: beside() }
}

const keys = beside<Sighting, string>()

function subjectOf(sighting: Sighting): string {
  const known = keys.get(sighting)
  if (known !== undefined) return known
  const { reading, target } = sighting
  const key = keyOf({ ...target.labels, ...reading.labels }, target.id)
  keys.set(sighting, key)
  return key
}

/** What a claim makes of one value; the rest of a finding is the same for all claims. */
type Judged = Required<Pick<Finding, 'answer' | 'observed' | 'threshold'>> & Pick<Finding, 'tally'>

/** A finding for each reading, judged by its value and the name of its subject, and one for each blind spot. */
function findingsOf(
  account: Account,
  claim: Claim,
  judge: (value: number, subject: string) => Judged,
  baseline: (subject: string) => number | undefined = () => undefined,
): readonly Finding[] {
  const seen = account.readings.map((sighting): Finding => {
    const key = subjectOf(sighting)
    const from = baseline(key)
    const known = claim.said?.get(sighting)
    if (known !== undefined && known.from === from) return known.finding
    const { reading, target } = sighting
    const judged = judge(reading.value, key)
    const finding: Finding = {
      key,
      reason: judged.answer === 'unmet' ? reasonOf(claim, sighting) : 'ok',
      message: claim.describe(sighting, key, judged.observed),
      target: target.id,
      ...judged,
    }
    claim.said?.set(sighting, { finding, from })
    return finding
  })
  return [...seen, ...account.unseen.map((blind) => unseen(blind))]
}

function reasonOf({ reason }: Claim, sighting: Sighting): string {
  return typeof reason === 'string' ? reason : reason(sighting)
}

/** Every reading of `signal` is at most the level's trip value; blind spots are unknown. Breached means `>`. */
export function atMost(
  account: Account,
  { unit }: Signal,
  { trip, clear }: Level,
  claim: Claim,
): readonly Finding[] {
  return findingsOf(account, claim, (value) => ({
    answer: value > trip ? 'unmet' : value > clear ? 'near' : 'met',
    observed: { value, unit },
    threshold: { op: '<=', value: trip, clear },
  }))
}

/** Every reading of the 0/1 `signal` is 1; blind spots are unknown. */
export function isTrue(account: Account, { unit }: Signal, claim: Claim): readonly Finding[] {
  return findingsOf(account, claim, (value) => ({
    answer: value === 1 ? 'met' : 'unmet',
    observed: { value, unit },
    threshold: { op: '==', value: 1 },
  }))
}

/** Whether a count that is seen for the first time starts from its value, or from zero because any of it is news. */
export type CountsFrom = 'first-sight' | 'zero'
const sinceOf = { 'first-sight': {}, zero: { fromStart: true } } as const

/**
 * Nothing was added to the lifetime count `signal` beyond its baseline. A count below its baseline started anew, so all
 * that it shows was added since.
 */
export function noneAdded(
  account: Account,
  { name, unit }: Signal,
  from: CountsFrom,
  recollection: Recollection,
  claim: Claim,
): readonly Finding[] {
  const keyFor = (subject: string) => `${name}{${subject}}`
  const baselineOf = (subject: string) => recollection.baseline(keyFor(subject))
  const judge = (value: number, subject: string): Judged => {
    const key = keyFor(subject)
    const known = recollection.baseline(key)
    const baseline = known === undefined ? (from === 'zero' ? 0 : value) : value < known ? 0 : known
    const added = value - baseline
    return {
      answer: added > 0 ? 'unmet' : 'met',
      observed: { value: added, unit },
      threshold: { op: '<=', value: 0 },
      tally: { key, value, settles: true, ...sinceOf[from], ...(baseline !== known && { baseline }) },
    }
  }
  return findingsOf(account, claim, judge, baselineOf)
}

/** The gauge `signal` is not above what it was when first seen; the baseline follows it down, never up. */
export function notAboveBaseline(
  account: Account,
  { name, unit }: Signal,
  recollection: Recollection,
  claim: Claim,
): readonly Finding[] {
  const keyFor = (subject: string) => `${name}{${subject}}`
  const baselineOf = (subject: string) => recollection.baseline(keyFor(subject))
  const judge = (value: number, subject: string): Judged => {
    const key = keyFor(subject)
    const known = recollection.baseline(key)
    const limit = known ?? value
    const baseline = Math.min(limit, value)
    return {
      answer: value > limit ? 'unmet' : 'met',
      observed: { value, unit },
      threshold: { op: '<=', value: limit },
      tally: { key, value, settles: false, ...(baseline !== known && { baseline }) },
    }
  }
  return findingsOf(account, claim, judge, baselineOf)
}
