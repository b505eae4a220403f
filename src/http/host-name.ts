/** The name in a Host header: in lower case, without its port, brackets and final dot; undefined when it is no host. */
export function nameOf(host: string): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(host)) return undefined
  return URL.parse(`http://${host}`)
    ?.hostname.replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
