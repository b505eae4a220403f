/** Takes what must not be repeated out of a text. */
export type Mask = (text: string) => string

/** Shorter ones are part of too many words, and are no secret that a template would take. */
const shortestText = 4
/** Below that a number is a port, a size or a line. */
const shortestNumber = 6

/** How Go writes the beginning of a value that does not fit: the rest of it is gone, so that no search finds it. */
const goValue = /(!!\w+ )`[^`]*`/g

/** What is said in any text, and never a secret. */
const common = /^(?:true|false|yes|no|on|off|null|none|nil)$/i

/** Names of secrets; every value below such a key is one. */
const secretKey =
  /pass(?:wd|word|phrase)|pwd|secret|token|credential|private|api[-_]?key|signing|encrypt|hmac|salt|seed|pepper|dsn|auth|cert|pem|(?:^|[-_.])(?:pass|keys?)$|[a-z]Keys?$/i
/** Names of keys that name something, such as the object that holds a secret. */
const namingKey = /^existing|(?:[a-z]|^)(?:Name|Ref|Path|File)$|(?:^|[-_])(?:name|ref|path|file)$/

/** One word of letters, as a person writes it, and the names of objects and of variables. */
const word = /^[A-Za-z]{1,16}$/
const objectName = /^[a-z]+(?:-[a-z]+)*$|^[A-Z][A-Z0-9_]*$/
/** Numbers, also with a unit of Kubernetes or of time behind. */
const amount = /^[-+]?[\d.]+(?:[munkKMGTPE]i?|ms|s|h|%)?$/

/**
 * Whether a value under these keys has to be masked. Under the name of a secret everything is masked but what
 * says yes or no; a secret may be elsewhere too, in a URL for instance, so only what is an ordinary word or a number is
 * let through.
 * @param keys outermost first
 */
export function isToMask(keys: readonly string[], value: string): boolean {
  const text = value.trim()
  if (common.test(text)) return false
  const isName = namingKey.test(keys.at(-1) ?? '')
  if (isName ? objectName.test(text) : keys.some((key) => secretKey.test(key))) return !isName
  return !word.test(text) && !amount.test(text)
}

/**
 * A mask for these values, in the forms in which a program may print them: as they are, line by line, quoted, in base64
 * and in a URL.
 * @param known what is no secret although it is among the values, such as the name of the release
 */
export function maskFor(values: readonly string[], known: readonly string[]): Mask {
  const forms = [...new Set(values.flatMap(formsOf))]
    .filter((form) => !known.includes(form))
    // The longest first: a value may be part of another.
    .toSorted((a, b) => b.length - a.length)
  return (text) =>
    forms.reduce((masked, form) => masked.replaceAll(form, '***'), text.replaceAll(goValue, '$1***'))
}

function formsOf(value: string): readonly string[] {
  const lines = value.split('\n').map((line) => line.trim())
  return [value.trim(), ...lines]
    .filter((text) => text.length >= (/^[\d.]+$/.test(text) ? shortestNumber : shortestText))
    .filter((text) => !common.test(text))
    .flatMap((text) => [
      text,
      JSON.stringify(text).slice(1, -1),
      Buffer.from(text).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(text),
    ])
}
