/** One element of a page, with what a person reads in it. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly parents: readonly string[]
  /** All text in it, spaces joined. */
  readonly text: string
}

interface Open {
  readonly name: string
  readonly attributes: Record<string, string>
  readonly parents: readonly string[]
  text: string
}

const voids = new Set(['meta', 'link', 'br', 'hr', 'input', 'img'])
const token = /<!doctype html>|<(\/?)([a-z][\w-]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>|([^<>]+)/giy

/**
 * The elements of a page in their order.
 * @throws when it is not well formed: a tag that is not closed, a character that should have been escaped
 */
export function elementsOf(markup: string): readonly Element[] {
  const found: Open[] = []
  const open: Open[] = []
  token.lastIndex = 0
  while (token.lastIndex < markup.length) {
    const at = token.lastIndex
    const match = token.exec(markup)
    if (match === null) throw new Error(`no markup: ${markup.slice(at, at + 120)}`)
    const [, closing, name = '', attributes = '', selfClosing, text] = match
    if (text !== undefined) for (const element of open) element.text += decoded(text)
    else if (closing === '/') {
      const last = open.pop()
      if (last?.name !== name)
        throw new Error(`</${name}> closes <${last?.name}>: ${markup.slice(at - 120, at + 20)}`)
    } else if (name !== '') {
      const parents = open.map((element) => element.name)
      const element: Open = { name, attributes: attributesOf(attributes), parents, text: '' }
      found.push(element)
      if (!voids.has(name) && selfClosing !== '/') open.push(element)
    }
  }
  if (open.length > 0) throw new Error(`never closed: ${open.map(({ name }) => name).join(', ')}`)
  return found.map((element) => ({ ...element, text: element.text.replace(/\s+/g, ' ').trim() }))
}

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)]
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decoded(value)]))
}

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function decoded(text: string): string {
  return text.replace(/&([\w#]+);/g, (whole, name: string) => {
    const character = characters[name]
    if (character === undefined) throw new Error(`unknown entity ${whole}`)
    return character
  })
}
