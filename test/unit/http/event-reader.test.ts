import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../src/http/event-frames.ts'
import { newReader, type Reader } from '../../../src/http/event-reader.ts'

function frame(index: number): Frame {
  return { tag: `i.${index}`, bytes: Buffer.from(`gates i.${index}`) }
}

/** A client that takes what is sent when it is told to. */
function client(last?: string) {
  const taken: string[] = []
  let pending: { readonly bytes: Buffer; readonly done: () => void } | undefined
  let ended: string | undefined
  let now = 0
  const sink = {
    write(bytes: Buffer, done: () => void) {
      if (pending !== undefined) throw new Error('more than one event is held for this client')
      if (ended !== undefined) throw new Error('something is sent after the end')
      pending = { bytes, done }
    },
    end: (bytes: Buffer) => void (ended = bytes.toString()),
    cut: () => void (ended = 'cut'),
  }
  const reader: Reader = newReader(sink, () => now, Buffer.from('opening'), last)
  function take(): boolean {
    const { bytes, done } = pending ?? {}
    pending = undefined
    if (bytes !== undefined) taken.push(bytes.toString())
    done?.()
    return bytes !== undefined
  }
  function takeAll(): readonly string[] {
    while (take());
    return taken
  }
  return {
    reader,
    take,
    takeAll,
    taken,
    ended: () => ended,
    pass: (span: number) => void (now += span),
    stalled: () => reader.stalledFor(now),
  }
}

describe('a reader', { timeout: 60_000 }, () => {
  it('that takes everything is sent everything, in order', () => {
    const { reader, takeAll, taken } = client()
    for (const index of [1, 2]) {
      reader.offer(frame(index))
      reader.tick(Buffer.from(`tick i.${index}`))
      takeAll()
    }
    expect(taken).toEqual(['opening', 'gates i.1', 'tick i.1', 'gates i.2', 'tick i.2'])
  })

  it('that is slow is sent only the newest of what it missed', () => {
    const slow = client()
    for (let index = 1; index <= 1_000; index++) {
      slow.reader.offer(frame(index))
      slow.reader.tick(Buffer.from(`tick i.${index}`))
    }
    expect(slow.takeAll()).toEqual(['opening', 'gates i.1000', 'tick i.1000'])
  })

  it('that has the newest already is sent nothing but signs of life', () => {
    const { reader, ...resumed } = client('i.7')
    reader.offer(frame(7))
    reader.tick(Buffer.from('tick i.7'))
    resumed.take()
    resumed.take()
    expect(resumed.take()).toBe(false)
    expect(resumed.taken).toEqual(['opening', 'tick i.7'])
  })

  it.each([['another.7'], [''], ['i.7 '], ['x'.repeat(10_000)]])(
    'that says it has %j is sent the newest at once',
    (last) => {
      const resumed = client(last)
      resumed.reader.offer(frame(7))
      expect(resumed.takeAll()).toEqual(['opening', 'gates i.7'])
    },
  )

  it('is behind from when something was sent until all of it was taken', () => {
    const slow = client()
    slow.takeAll()
    slow.pass(5_000)
    expect(slow.stalled()).toBe(0)
    slow.reader.offer(frame(1))
    slow.pass(1_000)
    slow.reader.offer(frame(2))
    slow.pass(1_000)
    expect(slow.stalled()).toBe(2_000)
    slow.takeAll()
    expect(slow.stalled()).toBe(0)
  })

  it('hears the last words when it is not behind, and is cut off when it is', () => {
    const [quick, slow] = [client(), client()]
    quick.takeAll()
    for (const { reader } of [quick, slow]) reader.end(Buffer.from('bye'))
    expect(quick.ended()).toBe('bye')
    expect(slow.ended()).toBe('cut')
    for (const { reader } of [quick, slow]) {
      reader.offer(frame(1))
      reader.tick(Buffer.from('tick'))
    }
    expect(slow.takeAll()).toEqual(['opening'])
  })

  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('offer' as const), index: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('tick' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  )

  it('R61: ends up with the newest, is never sent the same twice in a row, nor a sign that contradicts', () => {
    fc.assert(
      fc.property(fc.array(step), fc.option(fc.nat(5), { nil: undefined }), (steps, last) => {
        const one = client(last === undefined ? undefined : `i.${last}`)
        let newest: number | undefined
        for (const { do: what, ...rest } of steps) {
          if (what === 'offer' && 'index' in rest) one.reader.offer(frame((newest = rest.index)))
          else if (what === 'tick' && newest !== undefined) one.reader.tick(Buffer.from(`tick i.${newest}`))
          else if (what === 'take') one.take()
        }
        one.takeAll()
        let known = last === undefined ? undefined : `i.${last}`
        for (const text of one.taken.slice(1)) {
          const [kind, tag] = text.split(' ')
          if (kind === 'gates') expect(tag).not.toBe(known)
          else expect(tag).toBe(known)
          known = tag
        }
        if (newest !== undefined) expect(known).toBe(`i.${newest}`)
      }),
      { numRuns: 1_000 },
    )
  })
})
