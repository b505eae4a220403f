import { X509Certificate } from 'node:crypto'
import type { Logger } from 'pino'
import { inWords, MINUTE, type Clock, type Instant, type Millis } from '../core/time.ts'

const DAY: Millis = 24 * 60 * MINUTE
/** Renewals come with a third of the life left, for 90 days with 30: what has 14 was not renewed. */
const RENEWED_BEFORE: Millis = 14 * DAY

/** When the first certificate of a PEM text expires. */
export function expiryOf(cert: string): Instant {
  return new X509Certificate(cert).validToDate.getTime()
}

interface Surroundings {
  readonly clock: Clock
  readonly log: Logger
}

/** Says in the log that the certificate of the listener has expired, or will soon. */
export function warnOfExpiry(tls: { readonly cert: string } | undefined, { clock, log }: Surroundings): void {
  if (tls === undefined) return
  const expiresAt = expiryOf(tls.cert)
  const left = expiresAt - clock.now()
  const expires = new Date(expiresAt).toISOString()
  if (left <= 0) log.error({ expires }, 'the certificate of the HTTPS listener (http.tls) has expired')
  else if (left < RENEWED_BEFORE)
    log.warn({ expires }, `the certificate of the HTTPS listener (http.tls) expires in ${inWords(left)}`)
}

/** Warns at once and every day, until it is stopped. */
export function watchExpiry(
  tls: () => { readonly cert: string } | undefined,
  surroundings: Surroundings,
): { stop(): void } {
  warnOfExpiry(tls(), surroundings)
  const timer = setInterval(() => warnOfExpiry(tls(), surroundings), DAY).unref()
  return { stop: () => clearInterval(timer) }
}
