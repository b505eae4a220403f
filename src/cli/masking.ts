/** Takes what must not be repeated out of a text. */
export type Mask = (text: string) => string

/** Shorter ones stand in too many words, and are no secret that a template would take. */
const shortestText = 4
/** Below that a number is a port, a size or a line. */
const shortestNumber = 6

/** How Go writes the beginning of a value that does not fit: the rest of it is gone, so that no search finds it. */
const goValue = /(!!\w+ )`[^`]*`/g

/**
 * A mask for these values, in the forms in which a program may print them: as they are, line by line, quoted, in base64
 * and in a URL.
 * @param known what is no secret whoever else holds it, such as the name of the release
 */
export function maskFor(values: readonly string[], known: readonly string[]): Mask {
  const forms = [...new Set(values.flatMap(formsOf))]
    .filter((form) => !known.includes(form))
    // The longest first: a value may stand in another.
    .toSorted((a, b) => b.length - a.length)
  return (text) =>
    forms.reduce((masked, form) => masked.replaceAll(form, '***'), text.replaceAll(goValue, '$1***'))
}

function formsOf(value: string): readonly string[] {
  const lines = value.split('\n').map((line) => line.trim())
  return [value.trim(), ...lines]
    .filter((text) => text.length >= (/^[\d.]+$/.test(text) ? shortestNumber : shortestText))
    .flatMap((text) => [
      text,
      JSON.stringify(text).slice(1, -1),
      Buffer.from(text).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(text),
    ])
}
