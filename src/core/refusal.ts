/** Why a command is refused: a closed list. The codes are types of problems on the wire. */
export const refusals = {
  'rollout-ended': { status: 409, title: 'this rollout has ended' },
  'rollout-under-way': { status: 409, title: 'another rollout is under way' },
  'other-rollout': { status: 409, title: 'another rollout is current' },
  'declared-otherwise': { status: 409, title: 'it was declared otherwise' },
  'too-many-declarations': { status: 409, title: 'too much is declared' },
  'no-such-rollout-under-way': { status: 404, title: 'no such rollout is under way' },
  'stop-forbids': { status: 409, title: 'a stop forbids it' },
  'not-proven': { status: 409, title: 'not everything is proven' },
  'no-such-stop-condition': { status: 404, title: 'No such stop condition' },
  'still-firing': { status: 409, title: 'the stop condition is still firing' },
  'nothing-to-acknowledge': { status: 409, title: 'nothing to acknowledge' },
  'no-such-check': { status: 404, title: 'No such check' },
  'newer-evidence': { status: 409, title: 'newer evidence is held' },
  'evidence-from-the-future': { status: 409, title: 'the evidence comes from the future' },
  'evidence-expired': { status: 409, title: 'the evidence has expired' },
  'evidence-before-rollout': { status: 409, title: 'the evidence is older than the rollout' },
  'no-such-item': { status: 404, title: 'no such gate, check or stop condition' },
  'not-overridable': { status: 409, title: 'it can not be overridden' },
  'override-span': { status: 409, title: 'the override would end at a time that is not allowed' },
  'latched-before': { status: 409, title: 'a breach was latched before the override' },
  'override-in-force': { status: 409, title: 'another override is in force' },
  'no-such-override': { status: 404, title: 'no such override is in force' },
  'other-manifest': { status: 409, title: 'the release has another manifest' },
  'not-carried-out': { status: 409, title: 'not carried out' },
  'not-recorded': { status: 503, title: 'the state can not be kept' },
} as const
export type RefusalCode = keyof typeof refusals

/** A command that was refused. */
export interface Refused {
  readonly ok: false
  readonly code: RefusalCode
  /** What was wrong with this one, as a sentence. */
  readonly detail: string
}
