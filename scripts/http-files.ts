// The files that are made from the contract and the code of the publishers.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { selfFamilies, signalFamilies, verdictFamilies } from '../src/contract/families.ts'
import type { Family } from '../src/contract/family.ts'
import { observedFamilies } from '../src/contract/observed-families.ts'
import { problemBase, problems } from '../src/contract/wire.ts'
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

function metricsPage(): string {
  return `# Metrics

<!-- Generated from src/contract/families.ts, src/contract/observed-families.ts and src/rules/signals.ts. -->

\`GET /metrics\` answers in Prometheus' text format 0.0.4, or in OpenMetrics 1.0.0 when the Accept header prefers it.
All values of the platform are those of the last evaluation; nothing is fetched for a scrape. What is unknown is absent:
its \`caracal_gate_exporter_target_up\` is 0. A target that is no longer watched has no series.

## Verdict

${list(Object.values(verdictFamilies))}

## Measurements

${list([...signalFamilies.values()])}

## The daemon itself

${list([...Object.values(selfFamilies), ...Object.values(observedFamilies)])}

## The process

The exporter writes its metrics with prom-client (installed as \`@prometheus-io/client\`, the same library under its new
home) and exposes that library's default metrics: \`process_*\` (CPU, memory, file descriptors, start time) and
\`nodejs_*\` (event-loop lag, heap, garbage collection, active resources, version). They are at most 100 series.
`
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

function list(families: readonly Family[]): string {
  return families
    .map(({ name, labels, type, help }) => {
      const braces = labels.length === 0 ? '' : `{${labels.join(', ')}}`
      return `- \`${name}${braces}\` (${type}): ${help}`
    })
    .join('\n')
}
