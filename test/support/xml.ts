/** An element of a document without namespaces, comments, CDATA and processing instructions. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  /** What stands directly in it. */
  readonly text: string
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#10': '\n',
  '#9': '\t',
}

// The production Char of XML 1.0: nothing else may stand in a document, not even as a reference.
const character = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u
const name = '[A-Za-z_][\\w.-]*'

/**
 * Reads a document as strictly as XML 1.0 asks for, of what a report needs: a declaration, elements, attributes in
 * double quotes, the five entities.
 * @throws when it is not well-formed
 */
export function parseXml(document: string): Element {
  if (!character.test(document)) throw new Error('a character that XML does not have')
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
  if (!document.startsWith(declaration)) throw new Error('no declaration')
  const { element, rest } = elementAt(document.slice(declaration.length))
  if (rest.trim() !== '') throw new Error(`something follows the root: ${rest.slice(0, 40)}`)
  return element
}

function elementAt(source: string): { readonly element: Element; readonly rest: string } {
  const open = new RegExp(`^<(${name})((?: ${name}="[^"<]*")*)(/?)>`).exec(source)
  if (open === null) throw new Error(`no tag: ${source.slice(0, 80)}`)
  const [tag, named = '', listed = '', empty] = open
  const attributes = attributesIn(listed)
  let rest = source.slice(tag.length)
  const children: Element[] = []
  let text = ''
  if (empty === '/') return { element: { name: named, attributes, children, text }, rest }
  for (;;) {
    const next = rest.indexOf('<')
    if (next === -1) throw new Error(`${named} has no end`)
    text += resolved(rest.slice(0, next))
    rest = rest.slice(next)
    if (rest.startsWith('</')) break
    const child = elementAt(rest)
    children.push(child.element)
    rest = child.rest
  }
  if (!rest.startsWith(`</${named}>`)) throw new Error(`${named} ends with ${rest.slice(0, 40)}`)
  return { element: { name: named, attributes, children, text }, rest: rest.slice(named.length + 3) }
}

function attributesIn(listed: string): Readonly<Record<string, string>> {
  const found = [...listed.matchAll(new RegExp(` (${name})="([^"]*)"`, 'g'))]
  const names = found.map(([, key = '']) => key)
  if (new Set(names).size < names.length) throw new Error('an attribute is there twice')
  return Object.fromEntries(
    found.map(([, key = '', value = '']) => [key, resolved(value.replaceAll(/[\t\n]/g, ' '))]),
  )
}

function resolved(text: string): string {
  if (text.includes(']]>')) throw new Error('the end of a CDATA section without a beginning')
  return text.replaceAll(/&([^;]*;?)/g, (whole, inner: string) => {
    const value = inner.endsWith(';') ? entities[inner.slice(0, -1)] : undefined
    if (value === undefined) throw new Error(`no entity: ${whole.slice(0, 20)}`)
    return value
  })
}
