/** One event as a client hears it. */
export interface Heard {
  readonly event: string
  readonly id: string | undefined
  readonly data: string
}

/** Reads a stream as the HTML standard says: the events of which the empty line at their end has come. */
export function heardIn(text: string): readonly Heard[] {
  const heard: Heard[] = []
  let fields: { event?: string; id?: string; data: string[] } = { data: [] }
  for (const line of text.slice(0, text.lastIndexOf('\n')).split(/\r\n|\r|\n/)) {
    if (line === '') {
      const { event = 'message', id, data } = fields
      if (data.length > 0) heard.push({ event, id, data: data.join('\n') })
      fields = { data: [] }
      continue
    }
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'data') fields.data.push(value)
    else if (name === 'event') fields.event = value
    else if (name === 'id') fields.id = value
  }
  return heard
}

/** Values of the fields `retry` in a stream. */
export function retriesIn(text: string): readonly number[] {
  return [...text.matchAll(/^retry: (\d+)$/gm)].map(([, digits]) => Number(digits))
}
