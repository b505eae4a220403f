import type { IncomingHttpHeaders } from 'node:http'
import type { PublishContext } from './context.ts'
import { nameOf } from './host-name.ts'

type Rules = Pick<PublishContext, 'browsersAcknowledge' | 'hosts'>

/**
 * Why a browser may not acknowledge; undefined where it may, and for what is no browser. A page of another site can't make
 * a browser send a token that it does not have; this refuses it before a token is compared.
 */
export function refusalOfBrowser(headers: IncomingHttpHeaders, rules: Rules): string | undefined {
  // Browsers say where a request comes from, and no script can change what they say.
  const { origin, 'sec-fetch-site': site } = headers
  if (origin === undefined && site === undefined) return undefined
  if (!rules.browsersAcknowledge())
    return 'A browser may not acknowledge here (http.page.acknowledge is off): use caracal-gate ack.'
  // Without Sec-Fetch-Site it is an old browser, or one that does not trust plain HTTP.
  const isOwn = site === undefined ? isOwnOrigin(origin, headers.host, rules) : site === 'same-origin'
  if (isOwn) return undefined
  return 'The request comes from a page of another site. Behind a proxy that changes the host, list its name in http.hosts.'
}

function isOwnOrigin(origin: string | undefined, host: string | undefined, rules: Rules): boolean {
  const from = URL.parse(origin ?? '')
  if (from === null || host === undefined) return false
  return (
    from.host === host.toLowerCase() ||
    rules.hosts()?.some((one) => one.toLowerCase() === nameOf(from.host)) === true
  )
}
