import { ask, inWords, isSaid, refusalOf, type Said, type Target, type Way } from './asking.ts'
import { objectIn } from '../origin.ts'
import type { Surroundings } from '../process.ts'
import { found, type Finding } from './reasons.ts'
import type { Settings } from './settings.ts'

/** The requests of the platform that the canary makes, as its public SDK makes them. */

const grant = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** Seconds for which the canary's sessions, delegation and tokens live: longer than any run, and not much. */
const lifetime = 300
/** The scope of a token that only starts sessions. */
const lifecycle = 'agent:lifecycle'

/** What the canary has been given to call with. */
export interface Authority {
  readonly source: string
  readonly session: string
  readonly delegation: string
}

export interface Platform {
  readonly settings: Settings
  readonly way: Way
  readonly surroundings: Pick<Surroundings, 'now' | 'sleep'>
}

/** What is exchanged for a token. */
interface Wanted {
  readonly requestId: string
  readonly scope: string
  readonly authority?: Authority
}

export function exchange(
  { settings, way }: Platform,
  sts: Target,
  { requestId, scope, authority }: Wanted,
): Promise<Said | Finding> {
  const { zone, application, secret, resource } = settings
  const form = {
    grant_type: grant,
    zone_id: zone,
    application_id: application,
    client_secret: secret,
    resource,
    scope,
    ttl_seconds: String(lifetime),
    ...(authority !== undefined && {
      agent_session_id: authority.session,
      delegation_edge_id: authority.delegation,
    }),
  }
  return ask(
    sts,
    { method: 'POST', path: 'oauth/2/token', headers: { 'x-request-id': requestId }, form },
    way,
  )
}

/** A token with which sessions are started. */
export function bootstrap(platform: Platform, sts: Target, requestId: string): Promise<Said | Finding> {
  return exchange(platform, sts, { requestId, scope: lifecycle })
}

export function call(
  { settings, way }: Platform,
  gateway: Target,
  {
    requestId,
    token,
    resource,
  }: { readonly requestId: string; readonly token: string; readonly resource: string },
): Promise<Said | Finding> {
  const headers = {
    authorization: `Bearer ${token}`,
    'x-caracal-resource': resource,
    'x-request-id': requestId,
  }
  return ask(gateway, { method: 'GET', path: settings.path, headers }, way)
}

/** Two sessions of the canary's own, and a delegation between them that ends with the second. */
export async function startAuthority(platform: Platform, token: string): Promise<Authority | Finding> {
  const { application, labels, resource, deniedResource, scope } = platform.settings
  const session = { application_id: application, lifecycle: 'task', ttl_seconds: lifetime, labels }
  const ids: string[] = []
  for (let count = 0; count < 2; count++) {
    const id = await created(platform, token, 'agents', session, 'agent_session_id')
    if (typeof id !== 'string') return id
    ids.push(id)
  }
  const [source = '', target = ''] = ids
  const delegation = await created(
    platform,
    token,
    'delegations',
    {
      issuer_application_id: application,
      receiver_application_id: application,
      source_session_id: source,
      target_session_id: target,
      scopes: [scope],
      constraints: { resources: [resource, deniedResource] },
      ttl_seconds: lifetime,
    },
    'delegation_edge_id',
  )
  return typeof delegation === 'string' ? { source, session: target, delegation } : delegation
}

async function created(
  platform: Platform,
  token: string,
  kind: 'agents' | 'delegations',
  json: object,
  field: string,
): Promise<string | Finding> {
  const answer = await coordinate(platform, token, 'POST', kind, json)
  if (!isSaid(answer)) return found('no_session', `the Coordinator did not answer: ${answer.message}`)
  const id = objectIn(answer.body)[field]
  if (answer.status === 201 && typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id)) return id
  return found(
    'no_session',
    `the Coordinator made no ${kind === 'agents' ? 'session' : 'delegation'}: ${wordsOf(answer)}`,
  )
}

/** Revokes the delegation, and with it the second session, everywhere. */
export async function revoke(
  platform: Platform,
  token: string,
  { delegation }: Authority,
): Promise<Finding | undefined> {
  const answer = await coordinate(platform, token, 'PATCH', `delegations/${delegation}/revoke`)
  if (!isSaid(answer)) return found('revocation_refused', `the Coordinator did not answer: ${answer.message}`)
  if (answer.status === 200) return undefined
  return found('revocation_refused', `the Coordinator did not revoke the delegation: ${wordsOf(answer)}`)
}

/** Ends what the canary started; what is left of it ends by its lifetime. */
export async function tidy(platform: Platform, token: string, { source, session }: Authority): Promise<void> {
  await Promise.all([source, session].map((id) => coordinate(platform, token, 'DELETE', `agents/${id}`)))
}

function coordinate(
  { settings, way }: Platform,
  token: string,
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  json?: object,
): Promise<Said | Finding> {
  const question = {
    method,
    path: `zones/${encodeURIComponent(settings.zone)}/${path}`,
    headers: { authorization: `Bearer ${token}` },
    ...(json !== undefined && { json }),
  }
  return ask(settings.coordinator, question, way)
}

/** What the API shows of a request. */
export function auditOf({ settings, way }: Platform, requestId: string): Promise<Said | Finding> {
  const path = `v1/zones/${encodeURIComponent(settings.zone)}/audit/by-request/${requestId}`
  const headers = { authorization: `Bearer ${settings.readerToken}` }
  return ask(settings.api, { method: 'GET', path, headers }, way)
}

/** What the API shows of the zone's policy sets, of which one is active. */
export function policySetsOf({ settings, way }: Platform): Promise<Said | Finding> {
  const path = `v1/zones/${encodeURIComponent(settings.zone)}/policy-sets?limit=500`
  const headers = { authorization: `Bearer ${settings.readerToken}` }
  return ask(settings.api, { method: 'GET', path, headers }, way)
}

function wordsOf(answer: Said): string {
  const refusal = refusalOf(answer)
  return refusal === undefined ? `it answered ${answer.status}` : inWords(answer, refusal)
}
