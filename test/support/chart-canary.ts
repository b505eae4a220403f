import type { Values } from './chart.ts'

const secret = (key: string) => ({ secretName: 'gate-secrets', key })

/** A canary with everything on. */
export const canaryValues: Values = {
  enabled: true,
  schedule: '7 * * * *',
  settings: {
    zone: 'zone-1',
    application: 'app-1',
    resource: 'resource://canary',
    scope: 'canary:read',
    deniedResource: 'resource://ledger',
    label: ['canary'],
  },
  clientSecret: secret('canaryClientSecret'),
  readerToken: secret('canaryReaderToken'),
  evidenceToken: secret('pipelineToken'),
  validFor: '2h',
}
