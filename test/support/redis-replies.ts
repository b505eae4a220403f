/** A reply of RESP2 as a tree. */
export type Reply =
  | { readonly kind: 'status' | 'error' | 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'list'; readonly items: readonly Reply[] }

/** The first whole reply of well-formed bytes, and where it ends; undefined when it is not whole yet. */
export function takeReply(
  bytes: string,
  from = 0,
): { readonly reply: Reply; readonly end: number } | undefined {
  const line = bytes.indexOf('\r\n', from)
  if (line === -1) return undefined
  const rest = bytes.slice(from + 1, line)
  const end = line + 2
  switch (bytes.charAt(from)) {
    case '+':
      return { reply: { kind: 'status', text: rest }, end }
    case '-':
      return { reply: { kind: 'error', text: rest }, end }
    case ':':
      return { reply: { kind: 'number', text: rest }, end }
    case '$': {
      if (rest === '-1') return { reply: { kind: 'null' }, end }
      const last = end + Number(rest)
      if (bytes.length < last + 2) return undefined
      return { reply: { kind: 'text', text: bytes.slice(end, last) }, end: last + 2 }
    }
    default:
      return takeList(bytes, end, Number(rest))
  }
}

function takeList(bytes: string, from: number, length: number) {
  if (length < 0) return { reply: { kind: 'null' } as const, end: from }
  const items: Reply[] = []
  let end = from
  while (items.length < length) {
    const taken = takeReply(bytes, end)
    if (taken === undefined) return undefined
    items.push(taken.reply)
    end = taken.end
  }
  return { reply: { kind: 'list', items } as const, end }
}

/** Bytes are characters here, one for one. */
export function written(reply: Reply): string {
  switch (reply.kind) {
    case 'status':
      return `+${reply.text}\r\n`
    case 'error':
      return `-${reply.text}\r\n`
    case 'number':
      return `:${reply.text}\r\n`
    case 'null':
      return '$-1\r\n'
    case 'text':
      return `$${reply.text.length}\r\n${reply.text}\r\n`
    case 'list':
      return `*${reply.items.length}\r\n${reply.items.map(written).join('')}`
  }
}

/** How many values a reply holds, itself included. */
export function sizeOf(reply: Reply): number {
  return reply.kind === 'list' ? reply.items.reduce((sum, item) => sum + sizeOf(item), 1) : 1
}

/** The reply with the value at this place, counted from the root downwards, changed. */
export function changedAt(reply: Reply, place: number, change: (value: Reply) => Reply): Reply {
  if (place === 0) return change(reply)
  if (reply.kind !== 'list') return reply
  let at = place - 1
  return {
    kind: 'list',
    items: reply.items.map((item) => {
      const size = sizeOf(item)
      const own = at >= 0 && at < size ? changedAt(item, at, change) : item
      at -= size
      return own
    }),
  }
}
