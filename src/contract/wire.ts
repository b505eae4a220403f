import { refusals } from '../core/refusal.ts'

/** The constants of the wire that a client needs before it reads a document; this file loads no schema library. */

/** Version of all documents. Within v1, members are only added. */
export const apiVersion = 'gates.caracal.run/v1'

/** What an exported rollout is, to any tool that reads attestations: an in-toto statement, and what it says. */
export const statementType = 'https://in-toto.io/Statement/v1'
export const predicateType = 'https://gates.caracal.run/attestations/rollout/v1'
/** What the payload of an envelope is, by DSSE. */
export const payloadType = 'application/vnd.in-toto+json'
/** Largest file that an export may be, in bytes. */
export const exportLimit = 1024 * 1024

/** What the state of an item does not say. */
export const flags = ['stale', 'latched', 'acknowledged', 'preexisting'] as const
export type Flag = (typeof flags)[number]

/** Longest text in a document, in characters: it must fit on a line of the page. */
export const textLimit = 300
/** Most subjects that an item lists; `culpritCount` counts all of them. */
export const culpritLimit = 50

/** What the `type` of a problem begins with; its code follows. */
export const problemBase = 'https://gates.caracal.run/problems/'

/** Every problem that the daemon answers with, by the last part of its `type`: clients switch on that, not on words. */
export const problems = {
  'invalid-request': { status: 400, title: 'Invalid request' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  'misdirected-request': { status: 421, title: 'Misdirected request' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'no-such-path': { status: 404, title: 'No such path' },
  'no-such-asset': { status: 404, title: 'No such asset' },
  'no-such-gate': { status: 404, title: 'No such gate' },
  'no-such-rollout': { status: 404, title: 'No such rollout' },
  'no-such-probe': { status: 404, title: 'No such probe' },
  'no-such-recording': { status: 404, title: 'No such recording' },
  'no-such-runbook-page': { status: 404, title: 'No such page of the runbook' },
  'not-fed-by-evidence': { status: 409, title: 'Not fed by evidence' },
  'too-many-waiting': { status: 429, title: 'Too many waiting' },
  'too-many-streams': { status: 429, title: 'Too many streams' },
  'too-many-wrong-tokens': { status: 429, title: 'Too many requests' },
  'not-evaluated': { status: 503, title: 'No evaluation yet' },
  'internal-error': { status: 500, title: 'Internal error' },
  ...refusals,
} as const
export type ProblemCode = keyof typeof problems

/** The `type` of a problem: a URI that stays the same while its title and detail may change. */
export function problemType(code: ProblemCode): string {
  return `${problemBase}${code}`
}
