import { gzipSync } from 'node:zlib'

/** Packs bytes as Helm's Secret gives them: base64 twice. */
export function inBase64(bytes: Buffer | string): string {
  return Buffer.from(Buffer.from(bytes).toString('base64')).toString('base64')
}

/** Packs a release as Helm 3 and 4 do. */
export function packed(release: unknown): string {
  return inBase64(gzipSync(JSON.stringify(release)))
}
