import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import type { Rule } from '../../../alerts/source/rule-file.ts'

/** A rule with one thing in it changed, and what that is. */
export interface Mutant {
  readonly rule: Rule
  readonly change: string
}

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** What each token of PromQL is exchanged for. */
const swaps: Readonly<Record<string, readonly string[]>> = {
  Eql: ['!='],
  Neq: ['=='],
  Gtr: ['<', '>='],
  Gte: ['<', '>'],
  Lss: ['>', '<='],
  Lte: ['>', '<'],
  EqlSingle: ['!='],
  EqlRegex: ['!~'],
  And: ['unless'],
  Unless: ['and'],
  Or: ['unless'],
  Max: ['min'],
  Min: ['max'],
  Sum: ['max'],
}

/** Every comparison, threshold, label matcher, span, label of a grouping and set operator, each changed by itself. */
export function mutantsOf(rule: Rule): readonly Mutant[] {
  const ofExpression = editsOf(rule.expr, 'record' in rule).map((edit) => ({
    rule: { ...rule, expr: rule.expr.slice(0, edit.from) + edit.text + rule.expr.slice(edit.to) },
    change: `${rule.expr.slice(Math.max(0, edit.from - 25), edit.from)}[${rule.expr.slice(edit.from, edit.to)} -> ${edit.text}]${rule.expr.slice(edit.to, edit.to + 15)}`,
  }))
  if ('record' in rule) return ofExpression
  const { for: hold, keep_firing_for: keep, ...rest } = rule
  const kept = keep === undefined ? {} : { keep_firing_for: keep }
  const held = hold === undefined ? {} : { for: hold }
  const waits: Mutant[] = [
    ...(hold === undefined
      ? [{ rule: { ...rest, ...kept, for: '1m' }, change: 'for: 1m' }]
      : [
          { rule: { ...rest, ...kept }, change: 'no for' },
          { rule: { ...rest, ...kept, for: times(hold, 2) }, change: 'for doubled' },
        ]),
    ...(keep === undefined
      ? []
      : [
          { rule: { ...rest, ...held }, change: 'no keep_firing_for' },
          { rule: { ...rest, ...held, keep_firing_for: times(keep, 2) }, change: 'keep_firing_for doubled' },
        ]),
  ]
  return [...ofExpression, ...waits]
}

function editsOf(expr: string, isRecording: boolean): readonly Edit[] {
  const edits: Edit[] = []
  parser.parse(expr).iterate({
    enter(node) {
      const { name, from, to } = node
      const text = expr.slice(from, to)
      const add = (...texts: readonly string[]) => texts.forEach((one) => edits.push({ from, to, text: one }))
      add(...(swaps[name] ?? []))
      // A number that is not compared is for the text only.
      if (name === 'Count' && (isRecording || isCompared(node.node.parent?.parent?.parent))) add('max')
      // What a function is given is no threshold.
      const given = node.node.parent?.name === 'FunctionCallBody'
      if (name === 'NumberDurationLiteral' && !given) add(...nearby(Number(text)))
      if (name === 'NumberDurationLiteralInDurationContext') add(times(text, 2), times(text, 0.5))
      if (name === 'StringLiteral' && node.node.parent?.name === 'UnquotedLabelMatcher')
        add(`${text.slice(0, -1)}x"`)
      if (name === 'GroupingLabels') edits.push(...withoutOne(expr, from, to))
    },
  })
  return edits
}

function isCompared(node: SyntaxNode | null | undefined): boolean {
  return ['Eql', 'Neq', 'Gtr', 'Gte', 'Lss', 'Lte'].some(
    (operator) => (node?.getChild(operator) ?? null) !== null,
  )
}

function nearby(value: number): readonly string[] {
  const step = value >= 20 ? value * 0.1 : Number.isInteger(value) ? 1 : value * 0.05
  return [String(value + step), String(value - step)]
}

function withoutOne(expr: string, from: number, to: number): readonly Edit[] {
  const labels = expr.slice(from + 1, to - 1).split(/\s*,\s*/)
  return labels.map((label) => ({
    from,
    to,
    text: `(${labels.filter((other) => other !== label).join(', ')})`,
  }))
}

function times(duration: string, factor: number): string {
  const seconds = { s: 1, m: 60, h: 3_600 }[duration.slice(-1)] ?? Number.NaN
  return `${Number.parseInt(duration, 10) * seconds * factor}s`
}
