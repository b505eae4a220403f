import type { Values } from './chart.ts'

/** A mirror that is asked about all that it can be, of an exporter with TLS and a token. */
export const mirrored: Values = {
  readTokens: [{ secretName: 'gate-secrets', key: 'readToken' }],
  http: { tls: { secretName: 'gate-tls' } },
  mirror: {
    enabled: true,
    rollout: 'gitops/48',
    images: { api: 'registry.example/caracal-api:1.0.1', 'sts/sts': 'registry.example/caracal-sts:1.0.1' },
    digests: { api: `sha256:${'0123456789abcdef'.repeat(4)}` },
    revision: 48,
    chart: 'caracal-1.9.1',
    appVersion: '1.0.1',
    phase: 'verifying',
    steady: '5m',
    annotations: { 'argocd.argoproj.io/sync-wave': '1' },
  },
}
