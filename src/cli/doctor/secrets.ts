import type { PlainConfig } from '../../config/schema.ts'

/** A secret of the configuration, by the key that gives it. */
export interface Secret {
  readonly key: string
  readonly text: string
}

/** Every secret of a configuration; nothing that is printed may hold one of them. */
export function secretsOf(config: PlainConfig): readonly Secret[] {
  const { metricsBearer, redis, postgres, http, tokens, alerting } = config
  const named: readonly (readonly [key: string, text: string | undefined])[] = [
    ['metricsBearer', metricsBearer],
    ['redis.password', redis.password],
    ['redis.sentinel.password', redis.sentinel?.password],
    ['redis.tls.keyFile', redis.tls?.key],
    ['postgres.password', postgres.password],
    ['postgres.tls.keyFile', postgres.tls === false ? undefined : postgres.tls.key],
    ['http.tls.keyFile', http.tls?.key],
    ...(['prometheus', 'alertmanager'] as const).flatMap((server) => {
      const { bearer, password, tls } = alerting?.[server] ?? {}
      return [
        [`alerting.${server}.bearer`, bearer],
        [`alerting.${server}.password`, password],
        [`alerting.${server}.tls.keyFile`, tls?.key],
      ] as const
    }),
    ...(http.readTokens ?? []).map((text, index) => [`http.readTokens.${index}`, text] as const),
    ...tokens.map(({ name, token }) => [`the token ${name}`, token] as const),
  ]
  return named.flatMap(([key, text]) => (text === undefined || text === '' ? [] : [{ key, text }]))
}
