import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generatedFiles } from '../../../src/http/generated.ts'

const root = resolve(import.meta.dirname, '../../..')

describe('the generated files', () => {
  const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string }
  it.each(Object.entries(generatedFiles(version)))('%s is up to date', (path, text) => {
    expect(readFileSync(resolve(root, path), 'utf8')).toBe(text)
  })
})
