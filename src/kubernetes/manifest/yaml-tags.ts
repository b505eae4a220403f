import { isAlias, isMap, isSeq, Scalar, type ScalarTag, type Tags } from 'yaml'

/**
 * Values as Helm and Kubernetes read them: by sigs.k8s.io/yaml, which is go.yaml.in/yaml v2. That is YAML 1.1 with Go's
 * numbers: `0644`, `0o644` and `0x1A4` are 420, `1_000` is 1000, `yes` is true, but there are no times and no sexagesimal
 * numbers. `test/fixtures/helm-yaml.json` holds what that library itself made of some 240 texts.
 */
export function asHelmReads(tags: Tags): Tags {
  const others = tags.filter((tag) => typeof tag === 'string' || !replaced.test(tag.tag))
  return [integer, float, noNumber, binary, merge, ...others]
}

const replaced = /^tag:yaml\.org,2002:(?:int|float|timestamp|binary|set|omap|pairs|merge)$/

// Patterns before Go takes the underscores out: only the first character decides whether a number is tried.
const integer: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*)$/,
  resolve: numberOf,
}

const float: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^[-+]?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?[\d_]+)?$/,
  resolve: numberOf,
}

/** Go knows them, but JSON has no such numbers, so the library refuses the document. */
const noNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
  resolve(text, onError) {
    onError('not a number that Kubernetes knows')
    return text
  },
}

const LEAST = -(2n ** 63n)
const MOST = 2n ** 64n - 1n

/** As strconv.ParseInt with base 0, then ParseFloat; what is neither stays a text. */
function numberOf(text: string): number | string {
  const plain = text.replaceAll('_', '')
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/.exec(plain) ?? []
  const octal = /^0[oO]?([0-7]+)$/.exec(digits)?.[1]
  const whole = octal === undefined ? digits.toLowerCase() : `0o${octal}`
  if (/^(?:0x[\da-f]+|0o[0-7]+|0b[01]+|[1-9]\d*|0)$/.test(whole)) {
    const value = BigInt(whole) * (sign === '-' ? -1n : 1n)
    if (value >= LEAST && value <= MOST) return Number(value)
  }
  const value = /^[\d.]+(?:[eE][-+]?\d+)?$/.test(digits) ? Number(`${sign}${digits}`) : Number.NaN
  return Number.isFinite(value) ? value : text
}

const binary: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text) => Buffer.from(text, 'base64').toString(),
}

type AddToMap = NonNullable<Scalar['addToJSMap']>

/** Of a key that is given twice the last one counts, also when it comes by a merge; of several sources the first. */
const addMerged: AddToMap = (context, map, value) => {
  const source = resolved(context, value)
  for (const item of isSeq(source) ? source.items.toReversed() : [source]) {
    const entries = resolved(context, item)
    if (!isMap(entries)) throw new Error('a merge needs a map')
    const merged: unknown = entries.toJSON(null, context, Map)
    if (!(merged instanceof Map)) continue
    for (const [key, inner] of merged as Map<unknown, unknown>)
      // Defined, not assigned: a key may be called __proto__.
      Object.defineProperty(map, String(key), {
        value: inner,
        writable: true,
        enumerable: true,
        configurable: true,
      })
  }
}

function resolved(context: Parameters<AddToMap>[0], value: unknown): unknown {
  return context !== undefined && isAlias(value) ? value.resolve(context.doc, context) : value
}

const merge: ScalarTag = {
  tag: 'tag:yaml.org,2002:merge',
  default: 'key',
  test: /^<<$/,
  resolve: () => Object.assign(new Scalar(Symbol('<<')), { addToJSMap: addMerged }),
}
