import { isIP } from 'node:net'

/**
 * Whether a request may come by this name while anybody may read. A page of another site can make a browser ask us by a
 * name of that site whose address it changed to ours; it cannot by an address, by a name without a dot, or by the name of
 * a Service.
 * @param host value of the Host header
 * @param listed further names, without a port
 */
export function isOwnHost(host: string, listed: readonly string[]): boolean {
  const name = nameOf(host)
  if (name === undefined) return false
  return (
    isIP(name) !== 0 ||
    !name.includes('.') ||
    /\.(localhost|svc|svc\.cluster\.local)$/.test(name) ||
    listed.some((each) => each.toLowerCase() === name)
  )
}

/** In lower case, without its port, brackets and final dot; undefined when it is no host. */
function nameOf(host: string): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(host)) return undefined
  return URL.parse(`http://${host}`)
    ?.hostname.replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
