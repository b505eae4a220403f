import { isMap, isPair, isScalar, parseAllDocuments, visit } from 'yaml'

/** Three times the largest file that the platform's chart has. */
const TEXT_LIMIT = 1024 * 1024
const VALUE_LIMIT = 20_000

/**
 * The text of every value in a file of Helm values, as it is written and as it is read; keys are none. Undefined when the
 * file is no YAML, or too large.
 * @param isWanted whether a value is to be given, by the keys above it, outermost first; one of `{ name: A, value: b }`
 *   has `A` as its last
 */
export function valueTexts(
  text: string,
  isWanted: (keys: readonly string[], value: string) => boolean = () => true,
): readonly string[] | undefined {
  if (text.length > TEXT_LIMIT) return undefined
  const documents = [...parseAllDocuments(text, { version: '1.1', prettyErrors: false, logLevel: 'silent' })]
  const found = new Set<string>()
  for (const document of documents) {
    if ('errors' in document && document.errors.length > 0) return undefined
    visit(document, {
      Scalar(key, { value, source }, path) {
        if (key === 'key' || typeof value === 'boolean' || value === null) return
        const keys = keysOf(path)
        const texts = [
          source,
          typeof value === 'string' || typeof value === 'number' ? String(value) : undefined,
        ]
        for (const one of texts) if (one !== undefined && isWanted(keys, one)) found.add(one)
      },
    })
  }
  return found.size > VALUE_LIMIT ? undefined : [...found]
}

function keysOf(path: readonly unknown[]): readonly string[] {
  return path.flatMap((node, at) => {
    if (!isPair(node)) return []
    const key = isScalar(node.key) ? String(node.key.value) : ''
    const map = path[at - 1]
    const name = key === 'value' && isMap(map) ? map.get('name') : undefined
    return typeof name === 'string' ? [key, name] : [key]
  })
}
