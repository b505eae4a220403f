// What several values of the chart have in common, as JSON Schema.

export type Schema = Readonly<Record<string, unknown>>

export const flag: Schema = { type: 'boolean' }
export const text: Schema = { type: 'string' }
export const anyObject: Schema = { type: 'object' }
export const texts: Schema = { type: 'array', items: text }
/** Labels and annotations. */
export const tags: Schema = { type: 'object', additionalProperties: text }
const objectName = '[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?'
export const name: Schema = { type: 'string', pattern: `^${objectName}$` }
export const nameOrNone: Schema = { type: 'string', pattern: `^(${objectName})?$` }
export const hostName: Schema = { type: 'string', pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$' }
export const key: Schema = { type: 'string', pattern: '^[-._a-zA-Z0-9]*$' }
export const duration: Schema = { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' }
export const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535 }
export const ports: Schema = { type: 'array', items: port, minItems: 1 }
/** A URL as it may stand in an annotation, where braces are a template. */
const link: Schema = { type: 'string', pattern: '^https?://[^\\s"\'{}\\\\]*[^\\s"\'{}\\\\/]$' }
export const linkOrNone: Schema = { anyOf: [{ const: '' }, link] }
export const registry: Schema = { type: 'string', pattern: '^[^@ /]*(/[^:@ ]+)*$' }
export const userId: Schema = { type: 'integer', minimum: 1 }
export const peers: Schema = { type: 'array', items: anyObject }

/** An object of these fields and no others. */
export function fields(properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  }
}

/** A key of a Secret; without a name, none. */
export const secretKey = fields({ secretName: nameOrNone, key })

/** A key of a Secret or a ConfigMap; without a name, none. */
export const certificate = fields({ secretName: nameOrNone, configMapName: nameOrNone, key })
