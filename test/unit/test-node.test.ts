import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { scenariosNamed } from '../node/scenarios.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/internals/test-node.md'), 'utf8')

it('the page of the real node says of each scenario what it shows, in their order', () => {
  const rows = [...page.matchAll(/^\| `([^`]+)`\s*\| (.+?)\s*\|$/gm)].map(([, name, shows]) => ({
    name,
    shows,
  }))
  expect(rows).toEqual(scenariosNamed([]).map(({ name, shows }) => ({ name, shows })))
})

it('some scenarios are run with the one that all build on, and an unknown one is refused by name', () => {
  expect(scenariosNamed(['memory']).map(({ name }) => name)).toEqual(['install', 'memory'])
  expect(() => scenariosNamed(['memry'])).toThrow('no scenario "memry"; there are install, helm-test')
})
