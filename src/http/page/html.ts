/** Markup to send as it is. Only `html` and a renderer of Markdown make it, so that a text never becomes markup by accident. */
export interface Html {
  readonly [markup]: string
}

declare const markup: unique symbol

export type Value = Html | string | number | null | undefined | false | readonly Value[]

/** Longest text that the page shows of one value; the document's own texts are shorter. */
const TEXT_LIMIT = 400

// What a browser could take for an order or that hides text from the eye: C0 and C1 controls, separators,
// bidirectional overrides and isolates, zero-width characters.
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const made = new WeakMap<Html, string>()

/** Markup that another renderer made, which escapes all text that it is given. */
export function rendered(text: string): Html {
  const value = Object.freeze({}) as Html
  made.set(value, text)
  return value
}

/** A template of markup: every value in it is text, unless a template made it. Null and false are left out. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  let text = strings[0] ?? ''
  for (const [place, value] of values.entries()) text += marked(value) + (strings[place + 1] ?? '')
  return rendered(text)
}

function marked(value: Value): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return escaped(visible(value))
  if (isList(value)) return value.map(marked).join('')
  // An object that no template made is no markup, whatever it looks like.
  return made.get(value) ?? ''
}

function isList(value: Html | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value)
}

/** The text with a visible sign for each character that would not show, and cut where it is too long. */
function visible(text: string): string {
  // Cut before scanning: a target may have sent megabytes.
  const cut = text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT - 1)}…` : text
  return cut.replace(INVISIBLE, '\ufffd').toWellFormed()
}

/** For markup that is made without `html`: the text between tags, or in quotes within one. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** The markup as the text that is sent. */
export function textOf(value: Html): string {
  return made.get(value) ?? ''
}

/** Text from elsewhere, kept from changing the direction of the text around it. */
export function foreign(text: string): Html {
  return html`<bdi>${text}</bdi>`
}
