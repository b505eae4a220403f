import { path, span, text, texts } from '../options.ts'

/** What the canary must know; each also as CARACAL_CANARY_... and as a key of the file. */
export const canaryOptions = {
  config: path('FILE', 'YAML file with these options as keys, such as auditWithin; or CARACAL_CANARY_CONFIG'),
  zone: text('ID', 'zone of the canary’s application'),
  application: text('ID', 'application of the canary: an identity of its own'),
  clientSecretFile: path('FILE', 'its client secret; or CARACAL_CANARY_CLIENT_SECRET'),
  sts: texts('URL', 'address of STS replicas; every address that its name resolves to is one'),
  gateway: texts('URL', 'address of Gateway replicas, likewise'),
  coordinator: text('URL', 'address of the Coordinator'),
  api: text('URL', 'address of the API, which shows audit events'),
  readerTokenFile: path('FILE', 'admin token that may read the zone; or CARACAL_CANARY_READER_TOKEN'),
  resource: text('ID', 'resource that the application is granted'),
  scope: text('SCOPE', 'scope of it that the application is granted'),
  path: text('PATH', 'path of the resource to call with GET (default /)'),
  label: texts('ROLE', 'role of the application in the grants (default its id)'),
  deniedResource: text('ID', 'another resource with this scope, for which the call must be denied'),
  deniedExchangeReason: text(
    'REASON',
    'why STS must deny an exchange without a delegation (default no_rule_matched)',
  ),
  deniedCallReason: text(
    'REASON',
    'why the call of the other resource must be denied (default mandate_target_mismatch)',
  ),
  auditWithin: span('1s', '10m', 'limit for audit events to land (default 45s)'),
  revokedWithin: span('1s', '12s', 'limit for each of two revocations to be seen (default 10s)'),
  requestTimeout: span('100ms', '1m', 'limit for each request (default 5s)'),
  platformCaFile: path('FILE', 'PEM certificate authorities to trust for https of the platform'),
}

/** Secrets come from a file or a variable, never from an argument. */
export const secretOptions = [
  { key: 'clientSecretFile', variable: 'CARACAL_CANARY_CLIENT_SECRET' },
  { key: 'readerTokenFile', variable: 'CARACAL_CANARY_READER_TOKEN' },
] as const
