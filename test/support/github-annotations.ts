// Writes annotations as GitHub's own library does, of [kind, title, message] in JSON.
import { error, notice, warning } from '@actions/core'

const kinds = { error, notice, warning }
type Annotation = readonly [kind: keyof typeof kinds, title: string, message: string]

for (const [kind, title, message] of JSON.parse(process.argv[2] ?? '[]') as readonly Annotation[])
  kinds[kind](message, { title })
