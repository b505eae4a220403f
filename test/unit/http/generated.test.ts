import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { describe, expect, it } from 'vitest'
import { generatedFiles } from '../../../scripts/http-files.ts'

const root = resolve(import.meta.dirname, '../../..')

describe('the generated files', () => {
  const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string }
  it.each(Object.entries(generatedFiles(version)))('%s is up to date', async (path, text) => {
    const filepath = resolve(root, path)
    const wanted = path.endsWith('.md')
      ? await format(text, { ...(await resolveConfig(filepath)), filepath })
      : text
    expect(readFileSync(filepath, 'utf8'), `run npm run generate`).toBe(wanted)
  })
})
