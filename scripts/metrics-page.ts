import { selfFamilies, signalFamilies, verdictFamilies as its } from '../src/contract/families.ts'
import type { Family } from '../src/contract/family.ts'
import { observedFamilies } from '../src/contract/observed-families.ts'

/** The metrics to start with, and what each answers. */
const first: readonly (readonly [Family, string])[] = [
  [its.verdict, 'May the rollout proceed?'],
  [its.expiry, 'Until when is that answer valid? After it, treat the verdict as unknown.'],
  [its.stop, 'What stops it?'],
  [its.check, 'What is not proven?'],
  [selfFamilies.targetUp, 'What can the exporter not read?'],
]

const fresh = `(timestamp(${its.expiry.name}) < ${its.expiry.name})`

/** Questions with the query that answers them. */
export const exampleQueries: readonly (readonly [string, string])[] = [
  [
    'May the rollout proceed, by an answer that was valid when it was scraped?',
    `${its.verdict.name}{state="proceed"} == 1 and on (job, instance) ${fresh}`,
  ],
  ['For how many seconds has this been the verdict?', `time() - ${its.verdictSince.name}`],
  ['Which root causes are there?', `${its.causeActive.name} == 1`],
  ['Which stop conditions fire?', `${its.stop.name}{state="firing"} == 1`],
  [
    'Which of them does no other cause explain?',
    `${its.stop.name}{state="firing"} == 1 unless on (job, instance, stop_condition) ${its.stopExplained.name}`,
  ],
  ['Which stops wait for an acknowledgement?', `${its.stopLatched.name} == 1`],
  ['Which checks block?', `${its.check.name}{state=~"fail|unknown"} == 1`],
  [
    'How close is each stop condition to its limit (1 is the limit)?',
    `${its.stopObserved.name} / (${its.stopThreshold.name} > 0)`,
  ],
  ['Which targets can the exporter not read?', `${selfFamilies.targetUp.name} == 0`],
  ['How often did a rollout stop within a week?', `increase(${its.verdictTransitions.name}{to="stop"}[7d])`],
  [
    'How long does the exporter wait for CPU, in seconds per second?',
    `rate(${selfFamilies.cpuWait.name}[5m])`,
  ],
]

/** Text of docs/reference/metrics.md. */
export function metricsPage(): string {
  const rows = first.map(([family, question]) => `| ${question} | \`${signature(family)}\` |`)
  const queries = exampleQueries.map(([question, query]) => `# ${question}\n${query}`)
  return `# Metrics

<!-- Generated from src/contract/families.ts, src/contract/observed-families.ts and src/rules/signals.ts. -->

\`GET /metrics\` answers in the text format of Prometheus (0.0.4), or in OpenMetrics 1.0.0 if the Accept header prefers it.
A scrape reads nothing from the platform: all values are those of the last evaluation. A value that is unknown has no
series; \`${selfFamilies.targetUp.name}\` of its target is then 0. A target that is no longer watched has no series.

## The five to start with

| question | metric |
| --- | --- |
${rows.join('\n')}

## Example queries

\`\`\`promql
${queries.join('\n\n')}
\`\`\`

A verdict expires a few seconds after its scrape and long before the next one. So compare the expiry with the time of the
sample (\`timestamp\`), not with \`time()\`. The shipped [alerts](../use/alerts.md) and [dashboards](../use/dashboards.md) do.

## Verdict

${list(Object.values(its))}

## Measurements

${list([...signalFamilies.values()])}

## The daemon itself

${list([...Object.values(selfFamilies), ...Object.values(observedFamilies)])}

## The process

The exporter writes its metrics with prom-client (installed as \`@prometheus-io/client\`, the new name of the same library)
and exposes that library's default metrics: \`process_*\` (CPU, memory, file descriptors, start time) and \`nodejs_*\`
(event-loop lag, heap, garbage collection, active resources, version), at most 100 series.
`
}

function signature({ name, labels }: Family): string {
  return labels.length === 0 ? name : `${name}{${labels.join(', ')}}`
}

function list(families: readonly Family[]): string {
  return families.map((family) => `- \`${signature(family)}\` (${family.type}): ${family.help}`).join('\n')
}
