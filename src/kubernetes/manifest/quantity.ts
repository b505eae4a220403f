/** Powers of ten of the decimal suffixes. */
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
/** Powers of 1024. */
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/
// The API server keeps nothing below a billionth.
const PRECISION = 9

/** A quantity of Kubernetes in billionths; undefined when the text is none. `1`, `1000m` and `1e0` are the same. */
export function billionths(quantity: string): bigint | undefined {
  const match = quantity.length > 60 ? null : form.exec(quantity)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = match
  if (whole === '' && fraction === '') return undefined
  const powerOf1024 = Math.max(binary.indexOf(suffix), 0)
  const powerOf10 = exponent === undefined ? (decimal[suffix] ?? 0) : Number(exponent)
  const digits = BigInt(whole + fraction) * 1024n ** BigInt(powerOf1024)
  const shift = powerOf10 - fraction.length + PRECISION
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : roundedUp(digits, 10n ** BigInt(-shift))
  return sign === '-' ? -value : value
}

function roundedUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}
