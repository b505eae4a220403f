import type { Said, Target } from './asking.ts'
import type { Entry } from './entries.ts'
import type { Mint } from './exchanging.ts'
import { deniesRevoked, judgeRevocation } from './judging.ts'
import { call, revoke, type Authority, type Platform } from './platform.ts'
import { found, type Finding } from './reasons.ts'

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

/** Revokes what the canary itself was given, and waits until each Gateway denies it by itself. */
export async function provokeRevocation(
  platform: Platform,
  given: { readonly token: string; readonly authority: Authority } | undefined,
  ears: readonly Ear[],
): Promise<readonly Entry[]> {
  const entryOf = ({ gateway }: Ear, finding: Finding): Entry => {
    const { outcome, reason, message } = finding
    return { component: 'gateway', replica: gateway.name, step: 'revocation', outcome, reason, message }
  }
  if (given === undefined) {
    const nothing = found('no_token', 'there is no session of the canary to revoke')
    return ears.map((ear) => entryOf(ear, nothing))
  }
  const tries = triesWithin(platform.settings.revokedWithin)
  const tokens = await Promise.all(ears.map((ear) => tokensFor(ear, tries.length)))
  const refused = await revoke(platform, given.token, given.authority)
  if (refused !== undefined) return ears.map((ear) => entryOf(ear, refused))
  const revokedAt = platform.surroundings.now()
  return Promise.all(
    ears.map(async (ear, index) => entryOf(ear, await listen(platform, ear, tokens[index] ?? [], revokedAt))),
  )
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
): Promise<Finding> {
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
  return judgeRevocation(last, { after, within })
}
