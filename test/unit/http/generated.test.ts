import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { describe, expect, it } from 'vitest'
import { generatedFiles } from '../../../scripts/http-files.ts'

const root = resolve(import.meta.dirname, '../../..')

describe('the generated files', () => {
  it.each(Object.entries(generatedFiles()))('%s is up to date', async (path, text) => {
    const filepath = resolve(root, path)
    const options = { ...(await resolveConfig(filepath)), filepath }
    const wanted = path.endsWith('.md') ? await format(text, options) : text
    const advice = `${path} is stale: run npm run generate, and say in CHANGELOG.md what clients will notice`
    expect(readFileSync(filepath, 'utf8'), advice).toBe(wanted)
  })
})
