/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** `host:port`, with an IPv6 address in brackets. */
export function address(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** What fixes a fault of TLS: the area that shows the certificate knows which of them it is. */
export const ofCertificates =
  'caracal-gate doctor --only tls   # names what is wrong: the certificate, its name, its authority or TLS itself'
