import { parser } from '@prometheus-io/lezer-promql'

/** One metric that an expression reads, with the labels that it is selected by. */
export interface Selector {
  readonly metric: string
  readonly matchedBy: readonly string[]
}

export interface Expression {
  /** Pieces of the text that are no PromQL. */
  readonly faults: readonly string[]
  readonly selectors: readonly Selector[]
  /** Labels that are grouped by, joined on or brought along. */
  readonly groupedBy: readonly string[]
  /** Labels that `label_replace` and `label_join` make. */
  readonly made: readonly string[]
}

/** What an expression says, as Prometheus' own grammar reads it. */
export function readExpression(promql: string): Expression {
  const faults: string[] = []
  const selectors: { metric: string; matchedBy: string[] }[] = []
  const groupedBy: string[] = []
  const made: string[] = []
  let place: 'selector' | 'grouping' = 'selector'
  parser.parse(promql).iterate({
    enter({ type, name, from, to, node }) {
      const text = promql.slice(from, to)
      if (type.isError) faults.push(`at ${from}: ${promql.slice(Math.max(0, from - 20), to + 20)}`)
      if (name === 'VectorSelector') selectors.push({ metric: '', matchedBy: [] })
      if (name === 'VectorSelector') place = 'selector'
      if (name === 'GroupingLabels') place = 'grouping'
      if (name === 'FunctionCall' && text.startsWith('label_')) {
        const target = node.getChild('FunctionCallBody')?.getChild('StringLiteral')
        if (target) made.push(promql.slice(target.from + 1, target.to - 1))
      }
      const last = selectors.at(-1)
      if (name === 'Identifier' && last !== undefined) last.metric = text
      if (name !== 'LabelName') return
      if (place === 'selector') last?.matchedBy.push(text)
      else groupedBy.push(text)
    },
  })
  return { faults, selectors, groupedBy, made }
}

/** What Grafana puts in for a variable that is a list: a regular expression. */
export const all = '.*'

/**
 * The text with Grafana's variables put in (`$name`, `${name}`, `${name:format}`); throws for one that is not given.
 * `$1` is no variable but a group of `label_replace`.
 */
export function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{(\w+)(?::\w+)?\}|\$([a-zA-Z_]\w*)/g,
    (whole, braced?: string, bare?: string) => {
      const value = variables[braced ?? bare ?? '']
      if (value === undefined) throw new Error(`there is no variable ${whole} for: ${text}`)
      return value
    },
  )
}
