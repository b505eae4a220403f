import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { operations } from '../../../src/http/operations.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/reference/http.md'), 'utf8')
const rows = [...page.matchAll(/^\| `([A-Z, ]+) (\/[^`]*)` +\|.*\| (.+?) +\|$/gm)].map(
  ([, methods, path, who]) => `${methods} ${path}: ${who}`,
)

function whoMay(access: (typeof operations)[number]['access']): string {
  if (access === 'open') return 'everybody'
  if (access === 'follow') return 'readers, writers'
  return access === 'read' ? 'readers' : `scope \`${access}\``
}

describe('the page about HTTP', () => {
  it('has a row for each operation, with who may, and no other', () => {
    const served = operations.map(
      ({ methods, path, access }) => `${methods.join(', ')} ${path}: ${whoMay(access)}`,
    )
    expect(rows).toEqual(served)
  })
})
