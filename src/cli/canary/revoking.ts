import { inSeconds, type Said, type Target } from './asking.ts'
import type { Entry } from './entries.ts'
import type { Mint } from './exchanging.ts'
import { deniesRevoked, judgeRevocation } from './judging.ts'
import { call, revoke, type Authority, type Platform } from './platform.ts'
import { found, passed, type Finding } from './reasons.ts'

/** A Gateway, and what gives it tokens. */
export interface Ear {
  readonly gateway: Target
  readonly mint: Mint
  readonly id: string
}

/** Milliseconds between two tries, growing; each try takes a token, which must be minted before the revocation. */
const pauses = [250, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000]
/** However long the wait: a Gateway is tried no more often. */
const mostTries = 30

/** The instants of the tries, in milliseconds after the revocation; the last is the limit itself. */
export function triesWithin(within: number): readonly number[] {
  const tries: number[] = []
  for (let at = 0; tries.length < mostTries - 1;) {
    at += pauses[Math.min(tries.length, pauses.length - 1)] ?? within
    if (at >= within) break
    tries.push(at)
  }
  return [...tries, within]
}

/** What a revocation is made of. */
export interface Given {
  readonly token: string
  readonly authority: Authority
}

/** A further revocation, with tokens of its own. */
export interface Round {
  readonly given: Given
  readonly mint: Mint
}

/** What came of one revocation at one Gateway. */
interface Heard {
  readonly finding: Finding
  /** When it was revoked, and when it was seen. */
  readonly span: readonly [from: number, to: number]
}

/** Milliseconds between two snapshots of a Gateway. */
const snapshotEvery = 30_000
const never = [0, 0] as const

/**
 * Revokes what the canary itself was given, and waits until each Gateway denies it by itself; and then once more. A Gateway
 * without its stream learns of a revocation when it loads its snapshot, every 30 s: of one of the two at most.
 */
export async function provokeRevocations(
  platform: Platform,
  given: Given | undefined,
  ears: readonly Ear[],
  again: () => Promise<Round | Finding>,
): Promise<readonly Entry[]> {
  const entryOf = ({ gateway }: Ear, { outcome, reason, message }: Finding): Entry => ({
    component: 'gateway',
    replica: gateway.name,
    step: 'revocation',
    outcome,
    reason,
    message,
  })
  if (given === undefined) {
    const nothing = found('no_token', 'there is no session of the canary to revoke')
    return ears.map((ear) => entryOf(ear, nothing))
  }
  const first = await revokeOnce(platform, given, ears)
  const hearing = ears.filter((_, index) => first[index]?.finding.outcome === 'pass')
  const second = hearing.length === 0 ? [] : await revokeAgain(platform, hearing, again)
  return ears.flatMap((ear, index) => {
    const one = first[index]
    const other = second[hearing.indexOf(ear)]
    return one === undefined ? [] : entryOf(ear, other === undefined ? one.finding : ofBoth(one, other))
  })
}

async function revokeAgain(
  platform: Platform,
  ears: readonly Ear[],
  again: () => Promise<Round | Finding>,
): Promise<readonly Heard[]> {
  const round = await again()
  if ('outcome' in round) return ears.map(() => ({ finding: round, span: never }))
  const { given, mint } = round
  return revokeOnce(
    platform,
    given,
    ears.map(({ gateway, id }) => ({ gateway, mint, id: `${id}.again` })),
  )
}

/** What two revocations show, of which the first was seen. */
export function ofBoth(first: Heard, second: Heard): Finding {
  const { finding } = second
  const seen = `it saw one revocation after ${lengthOf(first)}`
  if (finding.outcome === 'pass') {
    const took = second.span[1] - first.span[0]
    if (took < snapshotEvery) return passed(`${seen} and another after ${lengthOf(second)}`)
    const words = `it saw two revocations within ${inSeconds(took)}, as it could by its snapshots`
    return found('revocation_unproven', words)
  }
  if (finding.reason !== 'revocation_not_seen')
    return { ...finding, message: `${seen}; of another: ${finding.message}` }
  return found(
    'revocation_not_seen',
    `${seen}, as it loaded its snapshot, and another not: ${finding.message}`,
  )
}

function lengthOf({ span: [from, to] }: Heard): string {
  return inSeconds(to - from)
}

async function revokeOnce(
  platform: Platform,
  { token, authority }: Given,
  ears: readonly Ear[],
): Promise<readonly Heard[]> {
  const tries = triesWithin(platform.settings.revokedWithin)
  const tokens = await Promise.all(ears.map((ear) => tokensFor(ear, tries.length)))
  const refused = await revoke(platform, token, authority)
  if (refused !== undefined) return ears.map(() => ({ finding: refused, span: never }))
  const revokedAt = platform.surroundings.now()
  return Promise.all(ears.map((ear, index) => listen(platform, ear, tokens[index] ?? [], revokedAt)))
}

async function tokensFor({ mint, id }: Ear, count: number): Promise<readonly string[]> {
  const tokens: string[] = []
  for (let turn = 0; turn < count; turn++) {
    const minted = await mint(`${id}.revoked.${turn}.token`)
    if (!('token' in minted)) break
    tokens.push(minted.token)
  }
  return tokens
}

async function listen(
  platform: Platform,
  { gateway, id }: Ear,
  tokens: readonly string[],
  revokedAt: number,
): Promise<Heard> {
  const { resource, revokedWithin: within } = platform.settings
  const { now, sleep } = platform.surroundings
  const { signal } = platform.way
  const tries = triesWithin(within).slice(-tokens.length)
  let last: Said | Finding | undefined
  let after = 0
  for (const [turn, token] of tokens.entries()) {
    const since = now() - revokedAt
    // A try that was lost has taken the time of others.
    if (last !== undefined && since > within) break
    await sleep((tries[turn] ?? within) - since, signal)
    if (signal.aborted) break
    after = now() - revokedAt
    last = await call(platform, gateway, { requestId: `${id}.revoked.${turn}`, token, resource })
    if (deniesRevoked(last)) break
  }
  return { finding: judgeRevocation(last, { after, within }), span: [revokedAt, now()] }
}
