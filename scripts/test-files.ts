import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { missingParts, type SystemPart } from './system-parts.mjs'

const root = resolve(import.meta.dirname, '..')

/** A test file that this machine cannot run. */
export interface LeftOut {
  readonly file: string
  readonly why: string
}

function testFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
    .toSorted()
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+\.ts)'/g)].map(
    ([, specifier = '']) => specifier,
  )
  return specifiers.map((specifier) => resolve(dirname(path), specifier)).filter((file) => existsSync(file))
}

/** The text of a test file and of everything of test/ and rig/ that it imports. */
function textsOf(file: string): string[] {
  const reached = new Set([join(root, file)])
  const texts: string[] = []
  for (const path of reached) {
    const text = readFileSync(path, 'utf8')
    texts.push(text)
    for (const next of importsOf(path, text))
      if (next.startsWith(join(root, 'test/')) || next.startsWith(join(root, 'rig/'))) reached.add(next)
  }
  return texts
}

// A test needs a program when it, or a file that it imports, names it. End-to-end tests start whole
// processes that import the rig on their own, so all of those need Redis.
function needs(file: string, part: SystemPart): boolean {
  if (part.name === 'redis-server' && file.startsWith('test/e2e/')) return true
  return textsOf(file).some((text) => text.includes(part.name))
}

/** The test files that cannot run here because a program is missing, each with what to do about it. */
export function filesToLeaveOut(): LeftOut[] {
  const missing = missingParts(['redis-server', 'promtool'])
  if (missing.length === 0) return []
  return [...testFiles('test/integration'), ...testFiles('test/e2e')].flatMap((file) => {
    const lacking = missing.filter((part) => needs(file, part))
    const why = lacking.map((part) => `no ${part.name} (${part.advice})`).join('; ')
    return lacking.length === 0 ? [] : [{ file, why }]
  })
}
