import type { Clock } from '../core/time.ts'
import { viewOf, type AnswerBook, type View } from './answers.ts'
import { gatesFrame, tagOf, tickFrame, type EventDocument, type Frame } from './event-frames.ts'
import type { Demands } from '../contract/parameters.ts'
import { demandsKey } from './strict.ts'

/** What those hear who asked alike. Undefined while nothing has been evaluated. */
export interface Channel {
  gates(): Frame | undefined
  tick(): Buffer | undefined
  /** To be called by each who joined, once. */
  leave(): void
}

/** Gives those who ask alike the same channel, so that what is sent is made once for all of them. */
export function eventChannels(
  book: AnswerBook,
  clock: Clock,
): (document: EventDocument, demands: Demands) => Channel {
  const channels = new Map<string, Channel & { members: number }>()
  return (document, demands) => {
    const key = `${document} ${demandsKey(demands)}`
    const channel = channels.get(key) ?? {
      ...newChannel(book, clock, document, demands),
      members: 0,
      leave() {
        this.members--
        if (this.members === 0) channels.delete(key)
      },
    }
    channel.members++
    channels.set(key, channel)
    return channel
  }
}

function newChannel(
  book: AnswerBook,
  clock: Clock,
  document: EventDocument,
  demands: Demands,
): Omit<Channel, 'leave'> {
  function of<Made>(make: (view: View) => Made): Made | undefined {
    const answer = book.current()
    return answer === undefined ? undefined : make(viewOf(answer, demands, clock.now()))
  }
  const gates = oncePer((view) => gatesFrame(view, document))
  const tick = oncePer(tickFrame)
  return { gates: () => of(gates), tick: () => of(tick) }
}

/** Makes a thing of a view once, until there is another evaluation or the same one means something else. */
function oncePer<Made>(make: (view: View) => Made): (view: View) => Made {
  let made: { readonly tag: string; readonly at: string; readonly value: Made } | undefined
  return (view) => {
    const [tag, at] = [tagOf(view), view.report.evaluatedAt]
    if (made?.tag !== tag || made.at !== at) made = { tag, at, value: make(view) }
    return made.value
  }
}
