import type { Target } from './asking.ts'
import { watchAudit } from './auditing.ts'
import { tryCalls } from './calling.ts'
import type { Entry } from './entries.ts'
import { mintAt, openAt, tryExchanges } from './exchanging.ts'
import { startAuthority, tidy, type Platform } from './platform.ts'
import { found } from './reasons.ts'
import { provokeRevocation } from './revoking.ts'

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
  const [landed, revoked] = await Promise.all([
    watchAudit(
      platform,
      tried.flatMap(({ attempts }) => attempts),
      all,
    ),
    provokeRevocation(platform, given, ears),
  ])
  // With another token than that which the revocation ended, if there is one.
  if (given !== undefined) await tidy(platform, tokens.at(-1) ?? given.token, given.authority)
  return [...tried.flatMap(({ entries }) => entries), ...revoked, ...landed]
}
