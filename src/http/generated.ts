import type { Family } from '../contract/family.ts'
import { selfFamilies, signalFamilies, verdictFamilies } from '../contract/families.ts'
import { observedFamilies } from '../contract/observed-families.ts'
import { gatesSchema } from './json-schema.ts'
import { openApi } from './openapi.ts'

/** The files that are made from the code of the publishers, by path in the repository. */
export function generatedFiles(version: string): Readonly<Record<string, string>> {
  return {
    'docs/generated/gates.schema.json': `${JSON.stringify(gatesSchema(), null, 2)}\n`,
    'docs/generated/openapi.json': `${JSON.stringify(openApi(version), null, 2)}\n`,
    'docs/metrics.md': metricsPage(),
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

function list(families: readonly Family[]): string {
  return families
    .map(({ name, labels, type, help }) => {
      const braces = labels.length === 0 ? '' : `{${labels.join(', ')}}`
      return `- \`${name}${braces}\` (${type}): ${help}`
    })
    .join('\n')
}
