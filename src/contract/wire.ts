/** The constants of the wire that a client needs before it reads a document; this file loads no schema library. */

/** Version of all documents. Within v1, members are only added. */
export const apiVersion = 'gates.caracal.run/v1'

/** What the state of an item does not say. */
export const flags = ['stale', 'latched', 'acknowledged', 'preexisting'] as const
export type Flag = (typeof flags)[number]

/** Longest text in a document, in characters: it must fit on a line of the page. */
export const textLimit = 300
/** Most subjects that an item lists; `culpritCount` counts all of them. */
export const culpritLimit = 50
