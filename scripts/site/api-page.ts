import * as z from 'zod'

/** As much of OpenAPI 3.1 as the page shows. */
const described = z.object({ description: z.string().default('') })
const content = z.record(z.string(), z.object({ schema: z.unknown() })).default({})
const operation = z.object({
  summary: z.string(),
  parameters: z.array(described.extend({ name: z.string(), in: z.string(), required: z.boolean() })),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), described.extend({ content })),
})
const api = z.object({
  info: z.object({ description: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

/** `true` and `false` are schemas too, and say nothing of what is in a field. */
const schema = z.preprocess(
  (held) => (typeof held === 'boolean' ? {} : held),
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(z.unknown()).optional(),
    items: z.unknown().optional(),
    properties: z.record(z.string(), z.unknown()).optional(),
    description: z.string().default(''),
  }),
)

type Schema = z.infer<typeof schema>

/** The page of the HTTP API, made from its OpenAPI document. */
export function apiPage(document: unknown): string {
  const { info, paths, components } = api.parse(document)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, each]) => operationSection(method, path, each)),
  )
  const shapes = Object.entries(components.schemas).flatMap(([name, each]) => [
    `### ${name}`,
    table(['field', 'type', 'meaning'], fieldsOf(schema.parse(each), '')),
  ])
  const head = [
    '# HTTP API',
    `${info.description} [Over HTTP](http.md) explains what the answers mean. The exporter serves this description as \`/openapi.json\`.`,
  ]
  return `${[...head, '## Operations', ...operations, '## Schemas', ...shapes].join('\n\n')}\n`
}

function operationSection(
  method: string,
  path: string,
  { summary, parameters, requestBody, responses }: z.infer<typeof operation>,
): readonly string[] {
  const asked = parameters.map((each) => [
    code(each.name),
    each.in,
    each.required ? 'yes' : 'no',
    text(each.description),
  ])
  const answers = Object.entries(responses).map(([status, each]) => [
    status,
    text(each.description),
    contentOf(each.content),
  ])
  return [
    `### ${method.toUpperCase()} ${text(path)}`,
    text(summary),
    ...(asked.length > 0 ? [table(['parameter', 'in', 'required', 'value'], asked)] : []),
    ...(requestBody === undefined ? [] : [`Body: ${contentOf(requestBody.content)}`]),
    table(['status', 'meaning', 'answer'], answers),
  ]
}

function contentOf(held: z.infer<typeof content>): string {
  return Object.entries(held)
    .map(([kind, each]) => `${typeOf(schema.parse(each.schema))} (${code(kind)})`)
    .join('<br>')
}

/** A row for each field and for those in it; what a schema names has its own section. */
function fieldsOf(held: Schema, prefix: string): readonly (readonly string[])[] {
  return Object.entries(held.properties ?? {}).flatMap(([name, each]) => {
    const field = schema.parse(each)
    const row = [code(`${prefix}${name}`), typeOf(field), text(field.description)]
    return [row, ...within(field, `${prefix}${name}`)]
  })
}

function within(field: Schema, name: string): readonly (readonly string[])[] {
  if (field.items !== undefined) return within(schema.parse(field.items), `${name}[]`)
  const choices = (field.anyOf ?? []).map((each) => schema.parse(each))
  return [...fieldsOf(field, `${name}.`), ...choices.flatMap((choice) => within(choice, name))]
}

function typeOf({ $ref, type, enum: values, const: only, anyOf, items }: Schema): string {
  if ($ref !== undefined) return reference($ref.split('/').at(-1) ?? '')
  if (only !== undefined) return code(JSON.stringify(only))
  if (values !== undefined) return values.map((value) => code(String(value))).join(', ')
  if (anyOf !== undefined) return anyOf.map((each) => typeOf(schema.parse(each))).join(' or ')
  if (items !== undefined) return `list of ${typeOf(schema.parse(items))}`
  return [type ?? 'any'].flat().join(' or ')
}

function reference(name: string): string {
  return `[${name}](#${name.toLowerCase()})`
}

function code(value: string): string {
  return `\`${value}\``
}

function text(value: string): string {
  return value.replaceAll('<', '\\<')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map(
      (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`,
    )
    .join('\n')
}
