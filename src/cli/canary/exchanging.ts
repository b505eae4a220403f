import type { Target } from './asking.ts'
import { isSaid } from './asking.ts'
import type { Attempt, Tried } from './entries.ts'
import { judgeDenial, judgeExchange } from './judging.ts'
import { bootstrap, exchange, type Authority, type Platform } from './platform.ts'
import { found, type Finding } from './reasons.ts'

/** What an STS said to the request for a token that starts sessions. */
export interface Opened extends Finding {
  readonly sts: Target
  readonly requestId: string
  readonly token?: string
}

export async function openAt(platform: Platform, id: string, sts: Target): Promise<Opened> {
  const requestId = `${id}.open`
  return { sts, requestId, ...judgeExchange(await bootstrap(platform, sts, requestId)) }
}

/** Through one STS: the exchange that must be allowed, and the same without a delegation, which must be denied. */
export async function tryExchanges(
  platform: Platform,
  id: string,
  opened: Opened,
  authority: Authority | Finding,
): Promise<Tried> {
  const { sts } = opened
  const [allowed, denied] = await Promise.all([
    tryAllowed(platform, `${id}.allowed`, opened, authority),
    tryDenied(platform, `${id}.denied`, sts),
  ])
  const own = { component: 'sts', replica: sts.name } as const
  const attempts: Attempt[] = []
  const await_ = (requestId: string, decision: Attempt['decision']) =>
    attempts.push({ ...own, requestId, type: 'token_exchange', decision })
  if (opened.outcome === 'pass') await_(opened.requestId, 'allow')
  if (allowed.outcome === 'pass') await_(`${id}.allowed`, 'allow')
  if (denied.outcome === 'pass') await_(`${id}.denied`, 'deny')
  return {
    attempts,
    entries: [
      { ...own, step: 'exchange-allowed', ...allowed },
      { ...own, step: 'exchange-denied', ...denied },
    ],
  }
}

async function tryAllowed(
  platform: Platform,
  requestId: string,
  opened: Opened,
  authority: Authority | Finding,
): Promise<Finding> {
  if (opened.outcome !== 'pass') return findingOf(opened)
  if ('outcome' in authority) return authority
  const { scope } = platform.settings
  return findingOf(judgeExchange(await exchange(platform, opened.sts, { requestId, scope, authority })))
}

async function tryDenied(platform: Platform, requestId: string, sts: Target): Promise<Finding> {
  const { scope, deniedExchangeReason } = platform.settings
  const answer = await exchange(platform, sts, { requestId, scope })
  return judgeDenial(answer, deniedExchangeReason, isSaid(answer) && answer.status === 200)
}

/** Without the token: what is shown must not hold it. */
function findingOf({ outcome, reason, message }: Finding): Finding {
  return { outcome, reason, message }
}

/** Gives a token for one call of a Gateway. */
export type Mint = (requestId: string) => Promise<{ readonly token: string } | Finding>

/** Mints at the replicas of STS that allow it, in turn. */
export function mintAt(platform: Platform, able: readonly Target[], authority: Authority | Finding): Mint {
  let turn = 0
  return async (requestId) => {
    const sts = able[turn++ % able.length]
    if (sts === undefined || 'outcome' in authority)
      return found('no_token', 'no STS allowed the exchange that gives a token for this call')
    const { scope } = platform.settings
    const { token, ...finding } = judgeExchange(
      await exchange(platform, sts, { requestId, scope, authority }),
    )
    return token === undefined
      ? found('no_token', `${sts.name} gave no token: ${finding.message}`)
      : { token }
  }
}
