// README.md of the chart, from Chart.yaml and the comments `# -- ` of values.yaml, by the rules of helm-docs: a value with
// a comment is a row, and so is each value without parts that is below none with a comment.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Document, isMap, isScalar, parse, parseDocument, type Node, type Pair, type YAMLMap } from 'yaml'

const folder = join(resolve(import.meta.dirname, '..'), 'helm')

/** One value of the chart. */
export interface ValueRow {
  /** Its path, like `redis.tls.ca`. */
  readonly key: string
  readonly type: string
  readonly fallback: unknown
  /** Empty when no comment says what it is. */
  readonly description: string
}

/** The rows of values.yaml, by key. */
export function valueRows(text: string): readonly ValueRow[] {
  const { contents } = parseDocument(text)
  if (!isMap(contents)) throw new TypeError('values.yaml is no map')
  return rowsOf(contents, '', false).toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function rowsOf(map: YAMLMap, above: string, isCovered: boolean): readonly ValueRow[] {
  return map.items.flatMap((item, index) => {
    const { key, value } = item as Pair<Node, Node | null>
    if (!isScalar(key)) throw new TypeError(`a key below ${above} is no text`)
    // The parser gives the comment above the first key to the map.
    const description = said(key.commentBefore ?? (index === 0 ? map.commentBefore : undefined))
    const path = `${above}${String(key.value)}`
    const below = isMap(value) ? rowsOf(value, `${path}.`, isCovered || description !== '') : []
    const isRow = description !== '' || (!isCovered && (!isMap(value) || value.items.length === 0))
    if (!isRow) return below
    const fallback: unknown = value?.toJS(new Document()) ?? null
    return [{ key: path, type: typeOf(fallback), fallback, description }, ...below]
  })
}

/** What follows the last `-- `, on one line. */
function said(comment: string | null | undefined): string {
  const text = comment ?? ''
  const start = text.lastIndexOf(' -- ')
  if (start < 0) return ''
  const lines = text.slice(start + 4).split('\n')
  return lines.map((line) => line.trim()).join(' ')
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return 'int'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

interface Chart {
  readonly name: string
  readonly description: string
  readonly version: string
  readonly appVersion: string
  readonly type: string
  readonly home: string
  readonly sources: readonly string[]
  readonly kubeVersion: string
}

/** The generated file by its path. */
export function chartReadme(): Readonly<Record<string, string>> {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const chart = parse(read('Chart.yaml')) as Chart
  const rows = valueRows(read('values.yaml')).map(
    ({ key, type, fallback, description }) =>
      `| ${key} | ${type} | \`${JSON.stringify(fallback).replaceAll('|', '\\|')}\` | ${description.replaceAll('|', '\\|')} |`,
  )
  const text = `<!-- Generated from Chart.yaml and values.yaml by \`npm run generate\`. -->

# ${chart.name}

Version ${chart.version}, type ${chart.type}, appVersion ${chart.appVersion}.

${chart.description}

**Homepage:** <${chart.home}>

How to install it, step by step: docs/operate/install-kubernetes.md of the repository. In short, from its root:

\`\`\`sh
helm upgrade --install caracal-gate helm --namespace caracal --values gate-values.yaml --wait
helm --namespace caracal test caracal-gate
\`\`\`

## Source code

${chart.sources.map((source) => `- <${source}>`).join('\n')}

## Requirements

Kubernetes: \`${chart.kubeVersion}\`. Helm 3.14 or newer.

## Values

A key that is not listed is refused. A key that is set to null is removed, with its default.

| Key | Type | Default | Description |
| --- | --- | --- | --- |
${rows.join('\n')}
`
  return { 'helm/README.md': text }
}
