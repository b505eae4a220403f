import { isSaid, type Said, type Target } from './asking.ts'
import type { Attempt, Entry, Tried } from './entries.ts'
import type { Mint } from './exchanging.ts'
import { judgeCall, judgeDenial, wasLetThrough } from './judging.ts'
import { call, type Platform } from './platform.ts'
import type { Finding } from './reasons.ts'

/** Through one Gateway: the call that must be allowed, and one of a resource that the token is not for. */
export async function tryCalls(platform: Platform, id: string, gateway: Target, mint: Mint): Promise<Tried> {
  const { resource, deniedResource, deniedCallReason } = platform.settings
  const [allowed, denied] = await Promise.all([
    callOnce(platform, { requestId: `${id}.allowed`, gateway, mint, resource }),
    callOnce(platform, { requestId: `${id}.denied`, gateway, mint, resource: deniedResource }),
  ])
  const judged = [
    ['call-allowed', `${id}.allowed`, judgeCall(allowed), 'gateway_resource_request', 'allow'],
    [
      'call-denied',
      `${id}.denied`,
      judgeDenial(denied, deniedCallReason, isSaid(denied) && wasLetThrough(denied)),
      'token_exchange',
      'deny',
    ],
  ] as const
  const own = { component: 'gateway', replica: gateway.name } as const
  return {
    entries: judged.map(([step, , finding]): Entry => ({ ...own, step, ...finding })),
    attempts: judged.flatMap(([, requestId, { outcome }, type, decision]): readonly Attempt[] =>
      outcome === 'pass' ? [{ ...own, requestId, type, decision }] : [],
    ),
  }
}

interface Call {
  readonly requestId: string
  readonly gateway: Target
  readonly mint: Mint
  readonly resource: string
}

/** A token counts for one call, so each call has its own. */
async function callOnce(
  platform: Platform,
  { requestId, gateway, mint, resource }: Call,
): Promise<Said | Finding> {
  const minted = await mint(`${requestId}.token`)
  if (!('token' in minted)) return minted
  return call(platform, gateway, { requestId, token: minted.token, resource })
}
