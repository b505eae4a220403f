import { apiVersion } from '../contract/wire.ts'
import { jsonSchema, schemas } from './json-schema.ts'
import { answersOf, operations, type Operation } from './operations.ts'
import * as z from 'zod'
import { parameters, type ParameterName } from '../contract/parameters.ts'

/** OpenAPI 3.1 of the whole HTTP interface, made from the table of operations and the schemas. */
export function openApi(version: string): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'caracal-gate-exporter',
      version,
      summary: 'May this rollout of the Caracal platform proceed?',
      description: `Documents are ${apiVersion}. Reading is open unless the configuration closes it; writing needs a bearer token with the scope.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative to where this document was read: the daemon may stand under a prefix that only a proxy knows.
    servers: [{ url: '.' }],
    paths: pathItems(operations),
    components: {
      schemas: Object.fromEntries(Object.keys(schemas).map((name) => [name, component(name)])),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        password: {
          type: 'http',
          scheme: 'basic',
          description: 'A token for reading as the password; the user name is ignored.',
        },
      },
    },
  }
}

function component(name: string): Record<string, unknown> {
  const { $schema: _, ...schema } = jsonSchema(name as keyof typeof schemas)
  return schema
}

function pathItems(table: readonly Operation[]): Record<string, unknown> {
  const byPath = Object.groupBy(table, (operation) => operation.path)
  return Object.fromEntries(
    Object.entries(byPath).map(([path, list = []]) => [
      path,
      Object.fromEntries(
        list.flatMap((operation) =>
          operation.methods.map((method) => [method.toLowerCase(), describe(operation, method)]),
        ),
      ),
    ]),
  )
}

function describe(operation: Operation, method: 'GET' | 'POST'): Record<string, unknown> {
  const { id, summary, body, access, methods } = operation
  const closed = access === 'open' ? [] : Object.entries(closedAnswers)
  return {
    operationId: methods.length > 1 ? `${id}${method === 'GET' ? 'Read' : 'Post'}` : id,
    summary,
    parameters: [...pathParameters(operation.path), ...(operation.query ?? []).map(queryParameter)],
    ...(body !== undefined && { requestBody: { required: true, content: contentOf(body) } }),
    responses: Object.fromEntries([
      ...closed.map(([status, description]) => [status, { description, content: contentOf('Problem') }]),
      ...answersOf(operation).map(([status, [description, schema]]) => [
        status,
        { description, ...(schema !== undefined && { content: contentOf(schema) }) },
      ]),
    ]),
    security: security(access, method),
  }
}

const closedAnswers = {
  401: 'No valid token.',
  403: 'The token may not, or writing is off.',
  421: 'Reading is open, and not by this Host.',
  429: 'Too many wrong tokens.',
}

function security(access: Operation['access'], method: 'GET' | 'POST'): readonly object[] {
  if (access === 'open') return []
  if (access !== 'read' && access !== 'follow') return [{ token: [access] }]
  return method === 'GET' ? [{}, { token: [] }, { password: [] }] : [{}, { token: [] }]
}

function contentOf(schema: string): Record<string, unknown> {
  const type = contentTypes[schema] ?? 'application/json'
  return { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } }
}

const contentTypes: Readonly<Record<string, string>> = {
  Problem: 'application/problem+json',
  QueryForm: 'application/x-www-form-urlencoded',
}

function pathParameters(path: string): readonly object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameter(name: ParameterName): object {
  const { $schema: _, description, ...schema } = z.toJSONSchema(parameters[name], { io: 'input' })
  return { name, in: 'query', required: false, description, schema }
}
