/** Sum of the samples of one family in a text exposition, whatever their labels; NaN where there is none. */
export function sumOf(exposition: string, name: string): number {
  const values = [...exposition.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/gm)]
    .filter(([, found]) => found === name)
    .map(([, , value]) => Number(value))
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0)
}
