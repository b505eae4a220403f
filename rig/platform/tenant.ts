import { zone } from './context.ts'

/** What the platform knows of the one tenant whose requests are answered: an application, and two resources. */
export const tenant = {
  zone,
  application: 'app-canary',
  /** Granted to the application, with this scope. */
  resource: 'resource://canary',
  /** Known in the zone, and granted to another application. */
  otherResource: 'resource://ledger',
  scope: 'canary:read',
} as const

/** The scope of a token that only starts sessions. */
export const lifecycleScope = 'agent:lifecycle'

export function isResource(identifier: string): boolean {
  return identifier === tenant.resource || identifier === tenant.otherResource
}
