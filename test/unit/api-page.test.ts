import { describe, expect, it } from 'vitest'
import { apiPage } from '../../scripts/site/api-page.ts'
import { openApi } from '../../src/http/openapi.ts'
import { operations } from '../../src/http/operations.ts'

const page = apiPage(openApi('0.1.0'))

describe('the page of the HTTP API', () => {
  it('has every operation', () => {
    const wanted = operations.flatMap(({ methods, path }) => methods.map((method) => `### ${method} ${path}`))
    expect(
      page
        .split('\n')
        .filter((line) => /^### [A-Z]+ \//.test(line))
        .toSorted(),
    ).toEqual(wanted.toSorted())
  })

  it('has the fields of what is inside others, with their words', () => {
    expect(page).toContain('| `blocking[].rootCause` | boolean |')
    expect(page).toMatch(/\| `expiresAt` +\| string \| After this instant, treat the verdict as unknown\. \|/)
  })

  it('links what a schema names to its section', () => {
    const links = [...page.matchAll(/\]\(#(\w+)\)/g)].map(([, link]) => link)
    const sections = [...page.matchAll(/^### (\w+)$/gm)].map(([, name = '']) => name.toLowerCase())
    expect(new Set(links).size).toBeGreaterThan(5)
    expect(links.filter((link) => !sections.includes(link ?? ''))).toEqual([])
  })
})
