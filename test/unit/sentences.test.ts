import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const source = resolve(import.meta.dirname, '../../src')

/** Reads something out of a text that people read. */
const parsing =
  /\b(message|title|detail|summary|says|said|sentence|because)\??\.(split|match|matchAll|startsWith|endsWith|includes|replace|replaceAll|indexOf|search)\(|\.(exec|test)\((\w+\.)*(message|title|detail|summary|sentence)\b/

/** Files that read texts of others, with whose they are. */
const foreign: Readonly<Record<string, string>> = {
  'cli/canary/judging.ts': 'the platform',
  'cli/doctor/redis.ts': 'Redis',
  'cli/program.ts': 'commander',
  'connections/postgres-failure.ts': 'Postgres and its client',
  'connections/redis-cluster.ts': 'Redis',
  'connections/redis-unavailable.ts': 'Redis',
  'core/network-failure.ts': 'undici',
  'core/tls-fault.ts': 'OpenSSL',
}

function places(): readonly string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      readFileSync(join(source, file), 'utf8')
        .split('\n')
        .filter((line) => parsing.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
}

describe('sentences', () => {
  it('of ours are never read by code of ours: facts travel as data', () => {
    expect(places().filter((place) => !Object.keys(foreign).some((file) => place.startsWith(file)))).toEqual(
      [],
    )
  })

  it('of others are read only where the list says so', () => {
    const found = places()
    expect(Object.keys(foreign).filter((file) => !found.some((place) => place.startsWith(file)))).toEqual([])
  })
})
