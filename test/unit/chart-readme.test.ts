import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import schema from '../../helm/values.schema.json' with { type: 'json' }
import { valueRows } from '../../scripts/chart-readme.ts'

const values = readFileSync(join(resolve(import.meta.dirname, '../..'), 'helm/values.yaml'), 'utf8')

describe('X74: the README of the chart', () => {
  it('says of every value what it is for', () => {
    expect(valueRows(values).filter(({ description }) => description === '')).toEqual([])
  })

  it('has the rows that helm-docs makes of comments', () => {
    const text = `# About the file.

# -- The first,
# on two lines.
first: 1
plain:
  # Not for the table. -- But this is.
  deep: { a: [] }
  bare: ''
# -- With parts.
whole:
  hidden: true
  # -- A part of its own.
  shown: true
none: {}
`
    expect(
      valueRows(text).map((row) =>
        Object.values(row)
          .map((part) => JSON.stringify(part))
          .join(' '),
      ),
    ).toEqual([
      '"first" "int" 1 "The first, on two lines."',
      '"none" "object" {} ""',
      '"plain.bare" "string" "" ""',
      '"plain.deep" "object" {"a":[]} "But this is."',
      '"whole" "object" {"hidden":true,"shown":true} "With parts."',
      '"whole.shown" "bool" true "A part of its own."',
    ])
  })
})

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
}

/** Keys that the chart takes and values.yaml does not show. `config` and Kubernetes' own fields have docs of their own. */
function unshown(taken: Schema, shown: unknown, path: string): readonly string[] {
  return Object.entries(taken.properties ?? {}).flatMap(([name, inner]) => {
    const place = path === '' ? name : `${path}.${name}`
    if (/^(config|service\.spec|resources|prometheusRule\.(disabled|customRules))\b/.test(place)) return []
    const held = (shown as Readonly<Record<string, unknown>>)[name]
    return held === undefined ? [place] : unshown(inner, held, place)
  })
}

describe('X74: values.yaml', () => {
  it('shows every key that the schema takes', () => {
    expect(unshown(schema as unknown as Schema, parse(values), '')).toEqual([])
  })
})
