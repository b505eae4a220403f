import { sumOf } from '../core/duration.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** The same expressions are published in the JSON Schema, so they may not use flags. */
export const sizePattern = /^\d+(B|KiB|MiB|GiB|TiB)$/
const listenPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):\d{1,5}$/
const hostPortPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/

const sizes: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** `512MiB` as bytes; undefined when the text is no size. */
export function sizeOf(text: string): number | undefined {
  return sizePattern.test(text) ? sumOf(text, sizes) : undefined
}

/** Bytes in the largest unit that divides them. */
export function sizeText(bytes: number): string {
  const [unit, length] = Object.entries(sizes).findLast(
    ([, size]) => bytes % size === 0 && bytes >= size,
  ) ?? ['B', 1]
  return `${bytes / length}${unit}`
}

/** `host:port`, `[::1]:port` or, for all addresses, `:port`; undefined for anything else. */
export function hostPortOf(text: string): HostPort | undefined {
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  if (!listenPattern.test(text) && !hostPortPattern.test(text)) return undefined
  if (port > 65_535) return undefined
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '')
  return { host: host === '' ? '::' : host, port }
}

export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
