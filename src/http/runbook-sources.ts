import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder with the sources of the runbook in this repository; a bundle has a copy of its last part beside it. */
export const runbookFolder = 'docs/runbook'

/** Where the bundle has its copy, seen from one of its chunks. */
const bundled = join(import.meta.dirname, '..', 'runbook-pages')
const checkedOut = join(import.meta.dirname, '../..', runbookFolder)

/** The page that lists the others. */
export const INDEX = 'README'

/** The Markdown of every page by its id. */
export function runbookSources(): ReadonlyMap<string, string> {
  const folder = existsSync(bundled) ? bundled : checkedOut
  return new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.md'))
      .toSorted()
      .map((file) => [file.slice(0, -'.md'.length), readFileSync(join(folder, file), 'utf8')]),
  )
}
