import { inspect } from 'node:util'

/** What is shown in place of a secret. */
export const REDACTED = '<redacted>'

/** A text that nothing shows: it prints, logs and serialises as `<redacted>`, and only `reveal` gives it away. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}

/** The same with the text of every secret in its place: what clients of servers take. */
export type Revealed<Value> = Value extends Secret
  ? string
  : Value extends object
    ? { readonly [Key in keyof Value]: Revealed<Value[Key]> }
    : Value

/** A plain value with its secrets revealed. Give it to a client, and keep it out of everything that is shown. */
export function revealed<Value>(value: Value): Revealed<Value> {
  return plainOf(value) as Revealed<Value>
}

function plainOf(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal()
  if (Array.isArray(value)) return value.map(plainOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainOf(each)]))
}
