import type { Target } from './asking.ts'
import { watchAudit } from './auditing.ts'
import { tryCalls } from './calling.ts'
import type { Entry } from './entries.ts'
import { mintAt, openAt, tryExchanges } from './exchanging.ts'
import { startAuthority, tidy, type Platform } from './platform.ts'
import { found, type Finding } from './reasons.ts'
import { provokeRevocations, type Given, type Round } from './revoking.ts'

/** The replicas that are asked. */
export interface Replicas {
  readonly sts: readonly Target[]
  readonly gateway: readonly Target[]
}

/**
 * Goes the whole way once: replicas of a kind at the same time, each request once.
 * @param run tells the requests of this run from those of any other
 */
export async function runCanary(
  platform: Platform,
  run: string,
  replicas: Replicas,
): Promise<readonly Entry[]> {
  const idOf = (kind: string, index: number) => `canary.${run}.${kind}.${index}`
  const opened = await Promise.all(
    replicas.sts.map((sts, index) => openAt(platform, idOf('sts', index), sts)),
  )
  const tokens = opened.flatMap(({ token }) => token ?? [])
  const [token] = tokens
  const authority =
    token === undefined
      ? found('no_token', 'no STS gave a token to start a session with')
      : await startAuthority(platform, token)
  const exchanges = await Promise.all(
    opened.map((one, index) => tryExchanges(platform, idOf('sts', index), one, authority)),
  )
  const able = replicas.sts.filter(({ name }) =>
    exchanges.some(({ entries: [first] }) => first?.replica === name && first.outcome === 'pass'),
  )
  const ears = replicas.gateway.map((gateway, index) => ({
    gateway,
    id: idOf('gateway', index),
    mint: mintAt(platform, able, authority),
  }))
  const calls = await Promise.all(ears.map(({ gateway, id, mint }) => tryCalls(platform, id, gateway, mint)))
  const tried = [...exchanges, ...calls]
  const all = (['sts', 'gateway'] as const).flatMap((component) =>
    replicas[component].map(({ name }) => ({ component, replica: name })),
  )
  const given = token !== undefined && 'session' in authority ? { token, authority } : undefined
  const rounds: Given[] = given === undefined ? [] : [given]
  const again = async () => {
    const round = await anotherRound(platform, idOf('again', 0), able)
    if (!('outcome' in round)) rounds.push(round.given)
    return round
  }
  const [landed, revoked] = await Promise.all([
    watchAudit(
      platform,
      tried.flatMap(({ attempts }) => attempts),
      all,
    ),
    provokeRevocations(platform, given, ears, again),
  ])
  // With another token than those which the revocations ended, if there is one.
  for (const { token: own, authority: made } of rounds) await tidy(platform, tokens.at(-1) ?? own, made)
  return [...tried.flatMap(({ entries }) => entries), ...revoked, ...landed]
}

/** What a further revocation needs: the one before ended its token. */
async function anotherRound(
  platform: Platform,
  id: string,
  able: readonly Target[],
): Promise<Round | Finding> {
  const [sts] = able
  const opened = sts === undefined ? undefined : await openAt(platform, id, sts)
  if (opened?.token === undefined)
    return found('no_token', 'no STS gave a token for a second session to revoke')
  const authority = await startAuthority(platform, opened.token)
  if ('outcome' in authority) return authority
  return { given: { token: opened.token, authority }, mint: mintAt(platform, able, authority) }
}
