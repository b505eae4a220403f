import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unknownReasons } from '../../../src/core/observation.ts'
import { declarations, reasons, remedyOf } from '../../../src/probes/index.ts'
import * as shared from '../../../src/probes/reasons.ts'

const source = resolve(import.meta.dirname, '../../../src')
const rooms = ['connections', 'kubernetes', 'probes']
const files = [
  ...rooms.flatMap((room) => readdirSync(join(source, room)).map((file) => join(room, file))),
  'core/network-failure.ts',
].filter((file) => file.endsWith('.ts') && file !== 'probes/reasons.ts')
const text = files.map((file) => readFileSync(join(source, file), 'utf8')).join('\n')

/** Codes that are given: beside an unknown reason, as `reason`, or by the prefix of a store. */
const given = new Set<string>(
  [
    new RegExp(`[[(]\\s*'(?:${unknownReasons.join('|')})',\\s*'([a-z_]+)'`, 'g'),
    /\breason: '([a-z_]+)'/g,
    /'((?:redis|postgres)_[a-z_]+)'/g,
  ].flatMap((pattern) => [...text.matchAll(pattern)].map(([, code = '']) => code)),
)
for (const word of unknownReasons) given.delete(word)

describe('the table of reasons', () => {
  it('has a row for every code that probes and connections give', () => {
    expect([...given].filter((code) => !Object.hasOwn(reasons, code)).toSorted()).toEqual([])
  })

  it('says each once', () => {
    const tables = [...Object.values(shared), ...declarations.map((one) => one.reasons ?? {})]
    const codes = tables.flatMap((table) => Object.keys(table))
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([])
  })

  it('says of each what it means and what fixes it', () => {
    for (const [code, [means, ...fix]] of Object.entries(reasons)) {
      expect([code, means]).toEqual([code, expect.stringMatching(/^\S.*[^.]$/)])
      expect([code, fix.length > 0]).toEqual([code, true])
    }
  })

  it('takes facts of the installation, and leaves what is not known to the reader', () => {
    expect(remedyOf('postgres_login_limit', { role: '"gate"' })).toEqual([
      'ALTER ROLE "gate" CONNECTION LIMIT 6;',
    ])
    expect(remedyOf('postgres_login_limit')).toEqual(['ALTER ROLE <role> CONNECTION LIMIT 6;'])
    expect(remedyOf('no_such_reason')).toEqual([])
  })
})
