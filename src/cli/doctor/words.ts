/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2
    ? (words[0] ?? 'nothing')
    : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

/** `one check` or `3 checks`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `one ${one}` : `${count} ${many}`
}

/** `host:port`, with an IPv6 address in brackets. */
export function address(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** What fixes a fault of TLS: the area that shows the certificate knows which of them it is. */
export const ofCertificates =
  'caracal-gate doctor --only tls   # names what is wrong: the certificate, its name, its authority or TLS itself'
