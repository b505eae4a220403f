import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { releaseContent } from '../../../src/kubernetes/helm-release.ts'
import { digestOf, documents } from '../../../src/kubernetes/manifest/documents.ts'
import { inBase64, packed } from './packed-release.ts'

const manifest = `---
# Source: small/templates/secret.yaml
apiVersion: v1
kind: Secret
metadata:
  name: small
stringData:
  token: hunter2
---
# Source: small/templates/app.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: small-app
`

const hook = `# Source: small/templates/migrate.yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: small-migrate
  labels: {app.kubernetes.io/component: migrate}
  annotations: {"helm.sh/hook": "pre-install,pre-upgrade"}
`

const release = {
  name: 'small',
  info: { status: 'deployed', description: 'Upgrade complete' },
  chart: { metadata: { name: 'small', version: '1.2.3', appVersion: '4.5' }, values: { replicas: 1 } },
  config: {},
  manifest,
  hooks: [
    {
      name: 'small-migrate',
      kind: 'Job',
      manifest: hook,
      events: ['pre-install'],
      last_run: {
        started_at: '2026-05-27T10:00:00.123456789+02:00',
        completed_at: '2026-05-27T10:00:07.123456789+02:00',
        phase: 'Succeeded',
      },
    },
  ],
  version: 3,
  namespace: 'default',
}

const expected = {
  chart: 'small-1.2.3',
  appVersion: '4.5',
  description: 'Upgrade complete',
  digest: digestOf([...documents(manifest), ...documents(hook)]),
  objects: [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'small' }, keys: ['token'] },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'small-app' } },
  ],
  hookJobs: [
    {
      name: 'small-migrate',
      component: 'migrate',
      phase: 'Succeeded',
      completedAt: Date.UTC(2026, 4, 27, 8, 0, 7, 123),
    },
  ],
  hookReferences: [],
  hasValues: true,
}

function refusal(data: string): { readonly reason: string; readonly message: string } {
  const content = releaseContent(data)
  if (!('unknownReason' in content)) throw new Error('it was read')
  expect(content.unknownReason).toBe('malformed')
  return content
}

describe('releaseContent', () => {
  it('reads what Helm stores, with its hooks, and without the values of Secrets', () => {
    expect(releaseContent(packed(release))).toEqual(expected)
    expect(JSON.stringify(releaseContent(packed(release)))).not.toContain('hunter2')
  })

  it('reads a release that was stored without compression', () => {
    expect(releaseContent(inBase64(JSON.stringify(release)))).toEqual(expected)
  })

  it('reads a release without hooks, or with hooks that never ran', () => {
    const { hooks: _, ...without } = release
    expect(releaseContent(packed(without))).toMatchObject({ hookJobs: [] })
    expect(releaseContent(packed({ ...release, hooks: null }))).toMatchObject({ hookJobs: [] })
    const idle = { ...release.hooks[0], last_run: { started_at: '', completed_at: '', phase: '' } }
    expect(releaseContent(packed({ ...release, hooks: [idle] }))).toMatchObject({
      hookJobs: [{ name: 'small-migrate', component: 'migrate', phase: '' }],
    })
  })

  it('takes the first year for what has not happened, and a phase that it does not know for none', () => {
    const lastRun = { completed_at: '0001-01-01T00:00:00Z', phase: 'Paused' }
    const content = releaseContent(
      packed({ ...release, hooks: [{ ...release.hooks[0], last_run: lastRun }] }),
    )
    expect(content).toMatchObject({ hookJobs: [{ phase: '' }] })
    expect(content).not.toHaveProperty('hookJobs.0.completedAt')
  })

  it('says whether values are kept, of the user or of the chart', () => {
    const values = (config: unknown, own: unknown) => ({
      ...release,
      config,
      chart: { ...release.chart, values: own },
    })
    expect(releaseContent(packed(values({ a: 1 }, null)))).toMatchObject({ hasValues: true })
    expect(releaseContent(packed(values(null, { a: 1 })))).toMatchObject({ hasValues: true })
    expect(releaseContent(packed(values({}, {})))).toMatchObject({ hasValues: false })
  })

  it.each([
    ['nothing', '', 'release_not_base64'],
    ['text', 'this is no release!', 'release_not_base64'],
    ['base64 of something else', Buffer.from('{"a": 1}').toString('base64'), 'release_not_base64'],
    ['neither gzip nor JSON', inBase64('\u0008\u0001protocol'), 'release_not_json'],
    ['gzip of something else', inBase64(gzipSync('protocol')), 'release_not_json'],
    [
      'a truncated release',
      inBase64(gzipSync(JSON.stringify(release)).subarray(0, -20)),
      'release_truncated',
    ],
    ['a release that was changed in storage', inBase64(corrupted()), 'release_corrupt'],
    ['JSON that is no release', packed([1, 2]), 'release_incomplete'],
    ['a gzip bomb', inBase64(gzipSync(Buffer.alloc(33 * 1024 * 1024))), 'release_too_large'],
    ['more than a Secret can hold', 'A'.repeat(3 * 1024 * 1024), 'release_too_large'],
  ])('refuses %s with its own reason and a fix', (_, data, reason) => {
    const { message, ...rest } = refusal(data)
    expect(rest.reason).toBe(reason)
    expect(message).toMatch(/^the Helm release can't be read: .*; .+/)
  })

  it('names what a release lacks', () => {
    expect(refusal(packed({ ...release, manifest: undefined, chart: { metadata: {} } })).message).toBe(
      "the Helm release can't be read: it lacks chart.metadata.name, chart.metadata.version, manifest; " +
        'upgrade with Helm once more, which stores it anew',
    )
  })

  it('names the place where a manifest is broken, and quotes nothing', () => {
    const { reason, message } = refusal(
      packed({ ...release, manifest: 'kind: Secret\nstringData: {a: hunter2' }),
    )
    expect(reason).toBe('release_manifest_unreadable')
    expect(message).toContain('document 1 (line 1) is not YAML')
    expect(message).not.toContain('hunter2')
  })

  it.each([
    ['JSON without an end', '['.repeat(1_000_000)],
    ['JSON that is nested deep', `{"chart":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['YAML that is nested deep', { manifest: `a: ${'['.repeat(50_000)}` }],
    ['a list in a list in a list', { manifest: `${'- '.repeat(20_000)}x` }],
    ['aliases of aliases', { manifest: 'a: &a [x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]\n' }],
    ['very many documents', { manifest: '---\na: 1\n'.repeat(50_000) }],
    [
      'very many hooks',
      { manifest: '', hooks: Array.from({ length: 10_000 }, () => ({ manifest: 'a: b' })) },
    ],
  ])('is refused in a bounded time for %s', { timeout: 60_000 }, (_, release) => {
    const chart = { metadata: { name: 'caracal', version: '1.0.0' } }
    const bytes = typeof release === 'string' ? release : JSON.stringify({ chart, ...release })
    const data = inBase64(gzipSync(bytes))
    const { user } = process.cpuUsage()
    expect(releaseContent(data)).toMatchObject({ unknownReason: 'malformed' })
    // Microseconds of CPU; the largest that is honest takes a tenth of this.
    expect(process.cpuUsage().user - user).toBeLessThan(5_000_000)
  })

  it('never throws, whatever a Secret holds', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
    const anything = fc.oneof(
      fc.string(),
      bytes.map(inBase64),
      bytes.map((some) => inBase64(gzipSync(some))),
      fc.json().map((text) => inBase64(gzipSync(text))),
      fc
        .record({ chart: fc.anything(), manifest: fc.anything(), hooks: fc.anything() })
        .map((fields) =>
          inBase64(
            gzipSync(
              JSON.stringify({ ...release, ...fields }, (_, value: unknown) =>
                typeof value === 'bigint' ? 1 : value,
              ),
            ),
          ),
        ),
    )
    fc.assert(
      fc.property(anything, (data) => typeof releaseContent(data) === 'object'),
      { numRuns: 300 },
    )
  })
})

function corrupted(): Buffer {
  const bytes = gzipSync(JSON.stringify(release))
  // The last eight bytes are the checksum and the length.
  bytes.writeUInt32LE(0, bytes.length - 8)
  return bytes
}
