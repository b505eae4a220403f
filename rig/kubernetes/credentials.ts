import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateAuthority } from '../certificate-authority.ts'
import type { Access } from './client.ts'

/** Files that the servers of one control plane share; PEM texts where a client needs them. */
export type Credentials = {
  readonly caPem: string
  readonly caFile: string
  readonly servingCertFile: string
  readonly servingKeyFile: string
  readonly serviceAccountKeyFile: string
  readonly admin: { readonly cert: string; readonly key: string }
}

/**
 * Makes an authority with a serving certificate, an administrator and the key that signs tokens.
 * @param addresses by which the API server is reached, beside the loopback one
 */
export async function writeCredentials(
  folder: string,
  addresses: readonly string[] = [],
): Promise<Credentials> {
  const authority = certificateAuthority('kubernetes')
  const serving = authority.issue('localhost', { addresses: ['127.0.0.1', ...addresses] })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const files = {
    caFile: join(folder, 'ca.crt'),
    servingCertFile: join(folder, 'apiserver.crt'),
    servingKeyFile: join(folder, 'apiserver.key'),
    serviceAccountKeyFile: join(folder, 'service-account.key'),
  }
  await writeFile(files.caFile, authority.ca)
  await writeFile(files.servingCertFile, serving.cert)
  await writeFile(files.servingKeyFile, serving.key, { mode: 0o600 })
  // SEC 1, because Go's reader of service account keys knows no PKCS #8 for curves.
  const key = privateKey.export({ type: 'sec1', format: 'pem' })
  await writeFile(files.serviceAccountKeyFile, key, { mode: 0o600 })
  return {
    ...files,
    caPem: authority.ca,
    // Members of this group may do everything, whatever the roles say.
    admin: authority.issue('admin', { organization: 'system:masters' }),
  }
}

/** Writes a kubeconfig with one cluster, one user and one context. JSON is YAML too. */
export async function writeKubeconfig(file: string, access: Access, namespace?: string): Promise<void> {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const { server, ca, cert, key, token } = access
  const user = {
    ...(cert === undefined ? {} : { 'client-certificate-data': base64(cert) }),
    ...(key === undefined ? {} : { 'client-key-data': base64(key) }),
    ...(token === undefined ? {} : { token }),
  }
  const context = { cluster: 'rig', user: 'rig', ...(namespace === undefined ? {} : { namespace }) }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'rig', cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: 'rig', user }],
    contexts: [{ name: 'rig', context }],
    'current-context': 'rig',
  }
  await writeFile(file, JSON.stringify(config, undefined, 2), { mode: 0o600 })
}
