import type { Facts } from '../../../chaos/invariants/past.ts'
import { newRecording } from '../../../chaos/recording.ts'
import type {
  Command,
  Excerpt,
  Instant,
  Reading,
  Recording,
  Standing,
  StopExcerpt,
} from '../../../chaos/recording.ts'

const bound = { brisk: 1_000, quiet: 5_000, source: 'a test' }

/** Three kinds: one that must show, one that need not, and one that a new rollout ends. */
export const facts: Facts = new Map([
  ['outage', { expect: { proceeds: 'never', within: bound }, explains: ['sts-unready'] }],
  ['harmless', { expect: { proceeds: 'if proven', why: 'a test' }, explains: [] }],
  [
    'edited',
    {
      expect: { proceeds: 'never', within: { ...bound, brisk: 0, quiet: 0 } },
      explains: [],
      liftedBy: 'begin',
    },
  ],
  ['daemon-starved', { expect: { proceeds: 'if proven', why: 'a test' }, explains: [] }],
  ['clock-behind', { expect: { proceeds: 'if proven', why: 'a test' }, explains: [] }],
])

/** A daemon that runs from the first moment on, and nothing else. */
export function calmRecording(changes: Partial<Recording> = {}): Recording {
  return {
    ...newRecording(1, 0),
    lives: [{ at: 0, what: 'started', detail: '' }],
    ...changes,
  }
}

const calmStop: StopExcerpt = {
  state: 'clear',
  latchedAt: null,
  acknowledged: false,
  message: 'as a test has it',
}

export function stopping(changes: Partial<StopExcerpt>): StopExcerpt {
  return { ...calmStop, ...changes }
}

/** A document that was asked for at an instant and came at once. */
export function documentAt(asked: Instant, verdict: string, changes: Partial<Excerpt> = {}): Reading {
  const document: Excerpt = {
    verdict,
    summary: `${verdict}: as a test has it`,
    index: 'e.1',
    cadence: 'brisk',
    evaluatedAt: '',
    expiresAt: '',
    rollout: { id: 'r1', phase: 'rolling' },
    stateOk: true,
    stops: { 'sts-unready': calmStop },
    checks: { 'helm-render': 'pass' },
    blocking: [],
    overridden: [],
    ...changes,
  }
  return { by: 'http', asked, got: asked, fresh: true, verdict, document, contradictions: [] }
}

export function fault(kind: string, since: Instant, until: Instant): Standing {
  return { kind, act: 1, detail: '', from: since, since, until, over: until }
}

export function commandAt(
  at: Instant,
  command: Pick<Command, 'name' | 'subject'> & Partial<Command>,
): Command {
  return { asked: at, got: at, status: 201, answer: '', ...command }
}
