import * as z from 'zod'
import { certificate, privateKey, tlsFiles, token, type ContentFields } from './contents.ts'
import { evenIfFaulty, flag, folderUrl, hostPort, list, name, oneOf, text } from './fields.ts'
import { Secret } from './secret.ts'

/** What a bearer token may do: start and finish rollouts, hand in evidence, acknowledge stops, override what is judged. */
export const scopes = ['rollout', 'evidence', 'acknowledge', 'override'] as const

const externalAllowed =
  'a URL like https://gate.example.com or https://ops.example.com/gate, without a query or a user'

/** Where it listens, and who may read. */
export function httpSchema({ file, secret }: ContentFields) {
  return z
    .strictObject({
      listen: hostPort('Address to listen on; without a host, all addresses.', 'listen').prefault(
        '127.0.0.1:9465',
      ),
      hosts: list(
        'Further host names of the exporter, such as that of an ingress. While reading needs no token, a request for another host is refused, unless it is an address, a name without a dot, or a name under `localhost`, `svc` or `svc.cluster.local`.',
        text(
          'A host name.',
          'a host name without a port, like gate.example.com',
          /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
        ),
        'a list of host names',
      ).default([]),
      externalUrl: folderUrl(
        'Address by which people reach the exporter, with the path prefix of a proxy if there is one. Links in documents and alerts begin with it. Its host is added to `hosts`.',
        externalAllowed,
        ({ search, hash, username, password }) =>
          [search, hash, username, password].every((part) => part === '') ? undefined : externalAllowed,
      ).exactOptional(),
      readTokens: list(
        'Bearer tokens that may read. Without it reading needs none.',
        secret('A token that may read; at least 16 characters.', token),
        'a list of { file: <path> } or { env: <NAME> }',
      ).exactOptional(),
      page: z
        .strictObject({
          acknowledge: flag(
            'Whether the page has a form that acknowledges a stop with a token of the scope `acknowledge`. If not, no browser may acknowledge.',
          ).default(false),
        })
        .prefault({}),
      tls: tlsFiles(
        z.strictObject({
          certFile: file('Certificate of the server, with its chain.', certificate),
          keyFile: file('Key of the certificate.', privateKey),
        }),
      ).exactOptional(),
    })
    .prefault({})
}

/** Bearer tokens that write. Two of one name, or one under two names, would hide who did something. */
function distinct(tokens: readonly { readonly token?: unknown }[], context: z.RefinementCtx): void {
  const first = new Map<string, number>()
  for (const [index, { token: held } = {}] of tokens.entries()) {
    if (!(held instanceof Secret)) continue
    const before = first.get(held.reveal())
    first.set(held.reveal(), before ?? index)
    if (before === undefined) continue
    const params = { says: `is the same token as tokens.${before}.token` }
    const message = 'a token of its own for each name'
    context.addIssue({ code: 'custom', path: [index, 'token'], message, params })
  }
}

/** Who may write. */
export function tokensSchema({ secret }: ContentFields) {
  return z
    .array(
      z.strictObject({
        name: name('Name of the token; the ledger records it with each command.'),
        token: secret('The token; at least 16 characters.', token),
        scopes: list(
          'Commands that the token allows.',
          oneOf('A scope.', scopes),
          `a list of ${scopes.join(', ')}`,
        ),
      }),
      { error: 'a list of { name, token, scopes }' },
    )
    .max(100, { error: 'a list of at most 100 tokens' })
    .superRefine(distinct, evenIfFaulty)
    .meta({ description: 'Bearer tokens that may write. Without one writing is off.' })
    .default([])
}
