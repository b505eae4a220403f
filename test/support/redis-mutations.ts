import fc from 'fast-check'
import { platformStreams } from '../../src/rules/platform.ts'
import { changedAt, sizeOf, written, type Reply } from './redis-replies.ts'

/** What is done to one reply of an honest server. Numbers are taken modulo what there is. */
export type Mutation =
  /** Sent in pieces, cut at these places: nothing is wrong with it. */
  | { readonly kind: 'split'; readonly places: readonly number[] }
  /** Ends at a byte, and then nothing comes, or the end of the connection. */
  | { readonly kind: 'cut'; readonly at: number; readonly leaving: 'silence' | 'end' | 'reset' }
  /** One byte at a time, each after a moment. */
  | { readonly kind: 'drip' }
  /** Something before it that nothing asked for. */
  | { readonly kind: 'before'; readonly text: string }
  /** Something behind it. */
  | { readonly kind: 'behind'; readonly text: string; readonly times: number }
  /** It does not come; later ones do. */
  | { readonly kind: 'left out' }
  /** Bytes in the place of some of its own. */
  | { readonly kind: 'bytes'; readonly at: number; readonly length: number; readonly text: string }
  /** Well-formed, with another value in the place of one. */
  | { readonly kind: 'value'; readonly place: number; readonly value: Reply }
  /** Well-formed, with a value of a list missing. */
  | { readonly kind: 'shorter'; readonly place: number }

export interface Deed {
  /** Which reply of the connection, those to the login included. */
  readonly reply: number
  readonly mutation: Mutation
}

const text = (value: string): Reply => ({ kind: 'text', text: value })
const deep = (depth: number): Reply => ({ kind: 'list', items: depth === 0 ? [] : [deep(depth - 1)] })

/** Values that stand nowhere in what Redis answers to the looks. */
const strangers: readonly Reply[] = [
  { kind: 'list', items: [] },
  { kind: 'list', items: [text('a'), text('b'), text('c')] },
  deep(12),
  { kind: 'error', text: 'ERR within a list' },
  text('�'),
  text('__proto__'),
  text('NaN'),
  text('Infinity'),
  text('-7'),
  text('1e999'),
  { kind: 'status', text: 'QUEUED' },
]

/** Bytes that break the grammar, or that the grammar of another version has. */
const rubble = [
  '%1\r\n+a\r\n+b\r\n',
  '>2\r\n+message\r\n+x\r\n',
  '_\r\n',
  '#t\r\n',
  ',inf\r\n',
  '(99999999999999999999999\r\n',
  '=7\r\ntxt:abc\r\n',
  '!5\r\nERR x\r\n',
  '|1\r\n+k\r\n+v\r\n',
  '~2\r\n:1\r\n:2\r\n',
  '$?\r\n;4\r\nabcd\r\n;0\r\n',
  '*?\r\n:1\r\n.\r\n',
  '$-2\r\n',
  '*-5\r\n',
  '$1073741824\r\n',
  '*1000000000\r\n',
  '*99999999999999999999\r\n',
  '$9223372036854775807\r\n',
  '*1\r\n'.repeat(40),
  ':\r\n',
  ':1.5\r\n',
  ':0x10\r\n',
  '+OK\n',
  '\r\n',
  '\0',
  'HTTP/1.1 200 OK\r\n\r\n',
]

/** Whole replies that nothing asked for. */
const surplus = [
  '+OK\r\n',
  ':1\r\n',
  '$-1\r\n',
  '*0\r\n',
  '-ERR x\r\n',
  '-MOVED 1 127.0.0.1:1\r\n',
  '$0\r\n\r\n',
]

const place = fc.nat({ max: 10_000 })

const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('split' as const), places: fc.array(place, { maxLength: 5 }) }),
  fc.record({
    kind: fc.constant('cut' as const),
    at: place,
    // Silence takes the whole time of a look.
    leaving: fc.oneof(
      { arbitrary: fc.constant('end' as const), weight: 4 },
      { arbitrary: fc.constant('reset' as const), weight: 4 },
      { arbitrary: fc.constant('silence' as const), weight: 1 },
    ),
  }),
  { arbitrary: fc.constant({ kind: 'drip' as const }), weight: 1 },
  fc.record({ kind: fc.constant('before' as const), text: fc.constantFrom(...rubble, ...surplus) }),
  fc.record({
    kind: fc.constant('behind' as const),
    text: fc.constantFrom(...rubble, ...surplus),
    times: fc.constantFrom(1, 2, 10_000),
  }),
  { arbitrary: fc.constant({ kind: 'left out' as const }), weight: 1 },
  fc.record({
    kind: fc.constant('bytes' as const),
    at: place,
    length: fc.nat({ max: 12 }),
    text: fc.constantFrom(...rubble),
  }),
  {
    arbitrary: fc.record({
      kind: fc.constant('value' as const),
      place,
      value: fc.constantFrom(...strangers),
    }),
    weight: 4,
  },
  { arbitrary: fc.record({ kind: fc.constant('shorter' as const), place }), weight: 2 },
)

export const deeds: fc.Arbitrary<Deed> = fc.record({ reply: fc.nat({ max: 22 }), mutation: mutations })

/** The bytes of a reply that a mutation leaves, piece by piece; what follows is up to who sends them. */
export function piecesOf(reply: Reply, mutation: Mutation): readonly string[] {
  const whole = written(reply)
  switch (mutation.kind) {
    case 'split': {
      const cuts = [...new Set(mutation.places.map((at) => at % whole.length))].toSorted((a, b) => a - b)
      return [0, ...cuts].map((from, at) => whole.slice(from, cuts[at])).filter((piece) => piece !== '')
    }
    case 'cut':
      return [whole.slice(0, mutation.at % whole.length)]
    case 'drip':
      return Array.from(whole)
    case 'before':
      return [mutation.text + whole]
    case 'behind':
      return [whole + mutation.text.repeat(mutation.times)]
    case 'left out':
      return []
    case 'bytes': {
      const at = mutation.at % whole.length
      return [whole.slice(0, at) + mutation.text + whole.slice(at + mutation.length)]
    }
    case 'value':
      return [
        written(
          changedAt(reply, mutation.place % sizeOf(reply), (value) =>
            isName(value) ? value : mutation.value,
          ),
        ),
      ]
    case 'shorter':
      return [written(changedAt(reply, mutation.place % sizeOf(reply), withoutLast))]
  }
}

/** A group may have any name: with another one the reply tells of another platform, and is true of that. */
function isName(value: Reply): boolean {
  return value.kind === 'text' && groupNames.some((name) => value.text.startsWith(name))
}

const groupNames = platformStreams.flatMap(({ groups }) => groups.map(({ name }) => name))

function withoutLast(value: Reply): Reply {
  return value.kind === 'list' ? { kind: 'list', items: value.items.slice(0, -1) } : value
}
