import { parseAllDocuments, visit } from 'yaml'

/** Three times the largest file that the platform's chart has. */
const TEXT_LIMIT = 1024 * 1024
const VALUE_LIMIT = 20_000

/**
 * The text of every value in a file of Helm values, as it is written and as it is read; keys are none. Undefined when the
 * file is no YAML, or too large.
 */
export function valueTexts(text: string): readonly string[] | undefined {
  if (text.length > TEXT_LIMIT) return undefined
  const documents = [...parseAllDocuments(text, { version: '1.1', prettyErrors: false, logLevel: 'silent' })]
  const found = new Set<string>()
  for (const document of documents) {
    if ('errors' in document && document.errors.length > 0) return undefined
    visit(document, {
      Scalar(key, { value, source }) {
        if (key === 'key' || typeof value === 'boolean' || value === null) return
        if (source !== undefined) found.add(source)
        if (typeof value === 'string' || typeof value === 'number') found.add(String(value))
      },
    })
  }
  return found.size > VALUE_LIMIT ? undefined : [...found]
}
