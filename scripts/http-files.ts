// The files that are made from the contract and the code of the publishers.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { problemBase, problems } from '../src/contract/wire.ts'
import { metricsPage } from './metrics-page.ts'
import { digests, digestsFile } from './schema-files.ts'

const root = resolve(import.meta.dirname, '..')

/** Their texts, by path in the repository. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    [digestsFile]: digests(),
    'docs/reference/metrics.md': metricsPage(),
    'docs/reference/http.md': httpPage(),
  }
}

/** The page with its table of problems. */
function httpPage(): string {
  const page = readFileSync(resolve(root, 'docs/reference/http.md'), 'utf8')
  const rows = Object.entries(problems)
    .toSorted(([, a], [, b]) => a.status - b.status)
    .map(([code, { status, title }]) => `| ${status} | \`${code}\` | ${title} |`)
  const text = `A type is the code after \`${problemBase}\`.`
  const table = [text, '', '| status | code | title |', '| --- | --- | --- |', ...rows].join('\n')
  return page.replace(/(?<=<!-- problems -->\n)[^]*(?=<!-- \/problems -->)/, `\n${table}\n\n`)
}
