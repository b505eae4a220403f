import type { Config } from '../config/schema.ts'
import type { Exporter } from '../contract/acknowledging.ts'

/** Where the chart mounts the token of this name; helm/templates/_secrets.tpl and _config.tpl say the same. */
export function mountedToken(name: string): string {
  return `/var/run/caracal-gate/token-${name}`
}

/**
 * Where this exporter is. With its state in a ConfigMap it is as the chart installs it, in a pod beside that.
 * @param host the name of the host, which in a pod is that of the pod
 */
export function exporterOf({ http, kubernetes, state, tokens }: Config, host: string): Exporter {
  const { configMap } = state
  const externalUrl = http.externalUrl ?? null
  if (configMap === undefined || kubernetes?.kubeconfig !== undefined) return { externalUrl, pod: null }
  const { namespace } = configMap
  const token = tokens.find(({ scopes }) => scopes.includes('acknowledge'))
  // Over TLS the command line in the pod would have to know a name of the certificate.
  const tokenFile = token === undefined || http.tls !== undefined ? null : mountedToken(token.name)
  return { externalUrl, pod: { namespace, name: host, tokenFile } }
}
