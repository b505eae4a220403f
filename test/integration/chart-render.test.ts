import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import {
  chartFolder,
  helm,
  helmOf,
  helmVersions,
  kubernetesVersion,
  objectsOf,
  renderChart,
  renderedText,
  theOne,
  type Rendered,
} from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'
import { run } from '../support/cli-process.ts'
import { dashboardNames, readDashboard } from '../support/dashboards.ts'
import { mountedContent } from '../support/mounted-content.ts'

const golden = resolve(import.meta.dirname, '../fixtures/chart-golden')
const cases = Object.keys(chartValues).map((name) => ({ name }))
const texts = new Map<string, string>()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-chart-render-'))
  for (const [name, values] of Object.entries(chartValues)) texts.set(name, await renderedText(values))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

function rendered(name: string): readonly Rendered[] {
  return objectsOf(texts.get(name) ?? '')
}

describe.each(helmVersions)('helm lint, %s', (version) => {
  it.each(cases)('finds nothing to say of $name', async ({ name }) => {
    const args = ['lint', '--strict', chartFolder, ...kubernetesVersion]
    const { code, stdout, stderr } = await helmOf(version, args, chartValues[name] ?? {})
    expect([code, stdout.match(/\[(INFO|WARNING|ERROR)\].*/g), stderr]).toEqual([0, null, ''])
  })
})

describe('the chart', () => {
  it('has the version of the program', async () => {
    const { stdout } = await helm(['show', 'chart', chartFolder])
    expect(stdout).toContain(`appVersion: ${packageJson.version}\n`)
    expect(stdout).toContain(`\nversion: ${packageJson.version}\n`)
  })

  it.each(['minimal', 'everything on', 'everything off'])(
    'renders %s to what it was seen to render (vitest --update after a change that is meant)',
    async (name) => {
      const text = texts.get(name)?.replaceAll(/^( {2}[\w-]+\.json): ".*"$/gm, '$1: a dashboard')
      await expect(text).toMatchFileSnapshot(join(golden, `${name.replaceAll(' ', '-')}.yaml`))
    },
  )

  it.each(cases)('X74: renders $name by the oldest Helm to what the newest makes of it', async ({ name }) => {
    const text = await renderedText(chartValues[name] ?? {}, 'gate', 'oldest')
    const byName = (objects: readonly Rendered[]) =>
      Object.fromEntries(
        objects.map((object) => [
          `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`,
          object,
        ]),
      )
    expect(byName(objectsOf(text))).toEqual(byName(rendered(name)))
  })

  it.each(cases)('renders $name to objects that stand once, in a namespace that is said', ({ name }) => {
    const ids = rendered(name).map(
      ({ kind, metadata }) => `${kind} ${metadata.namespace ?? 'NONE'}/${metadata.name}`,
    )
    expect(ids.filter((id, index) => ids.indexOf(id) !== index || id.includes('NONE'))).toEqual([])
    const names = rendered(name).flatMap(({ metadata }) => (metadata.name.length > 63 ? [metadata.name] : []))
    expect(names).toEqual([])
  })

  it('takes the name of a release that says what it is', async () => {
    const { stdout } = await helm(['template', 'caracal-gate', chartFolder, ...kubernetesVersion])
    expect(theOne(objectsOf(stdout), 'Service').metadata.name).toBe('caracal-gate')
  })

  it('keeps names short enough for long names of releases', async () => {
    const release = 'a'.repeat(53)
    const { code, stdout } = await helm(
      ['template', release, chartFolder],
      chartValues['everything on'] ?? {},
    )
    expect(code).toBe(0)
    const long = objectsOf(stdout).flatMap(({ kind, metadata: { name, labels = {} } }) =>
      [name, ...Object.values(labels)].filter((text) => text.length > 63).map((text) => `${kind} ${text}`),
    )
    expect(long).toEqual([])
  })
})

interface Projected {
  readonly secret?: { readonly items: readonly { readonly path: string }[] }
  readonly configMap?: { readonly items: readonly { readonly path: string }[] }
}

/** The files that the pod finds under /var/run/caracal-gate. */
function mountedFiles(objects: readonly Rendered[]): readonly string[] {
  const exporter = objects.filter(({ metadata }) => !metadata.name.endsWith('-mirror'))
  const { spec } = theOne(exporter, 'Deployment') as unknown as {
    spec: { template: { spec: { volumes: readonly { projected?: { sources: readonly Projected[] } }[] } } }
  }
  return spec.template.spec.volumes
    .flatMap((volume) => volume.projected?.sources ?? [])
    .flatMap((source) => [...(source.secret?.items ?? []), ...(source.configMap?.items ?? [])])
    .map(({ path }) => path)
}

describe('the configuration in the chart', () => {
  it.each(cases)(
    'is one that the program takes, with the files that the pod mounts: $name',
    async ({ name }) => {
      const objects = rendered(name)
      const own = join(folder, name.replaceAll(' ', '-'))
      await mkdir(own)
      for (const [index, path] of mountedFiles(objects).entries())
        await writeFile(join(own, path), mountedContent(path, index))
      const map = objects.find(
        ({ data }) => typeof data === 'object' && data !== null && 'config.yaml' in data,
      )
      const { 'config.yaml': text = '' } = (map?.['data'] ?? {}) as Record<string, string>
      const file = join(own, 'config.yaml')
      await writeFile(file, text.replaceAll('/var/run/caracal-gate', own))
      expect(await run(['check-config', '--config', file])).toEqual({
        code: 0,
        stdout: '',
        stderr: 'The configuration is valid.\n',
      })
    },
  )

  it('comes without a Secret: those are named, and made by somebody else', () => {
    for (const { name } of cases) {
      const kinds = rendered(name).map(({ kind }) => kind)
      expect(kinds).not.toContain('Secret')
    }
  })
})

describe('wrong values', () => {
  it.each([
    [
      'a key that is not known',
      { redis: { uri: 'redis://redis' } },
      "at '/redis': additional properties 'uri'",
    ],
    ['a password in a URL', { postgres: { url: 'postgres://gate:secret@db/caracal' } }, "at '/postgres/url'"],
    ['no replica', { replicaCount: 0 }, "at '/replicaCount': minimum: got 0, want 1"],
    [
      'a limit that is no number',
      { config: { limits: { redis: { memoryRatio: { trip: 'high' } } } } },
      'want number',
    ],
    [
      'a limit that is not known',
      { config: { limits: { redis: { memory: 1 } } } },
      "additional properties 'memory'",
    ],
    [
      'a stop condition that is not known',
      { config: { stopConditions: { 'sts-down': 'off' } } },
      "'sts-down'",
    ],
    ['what the chart writes itself', { config: { http: { listen: ':80' } } }, "additional properties 'http'"],
    [
      'a scope that is none',
      { tokens: [{ name: 'a', secretName: 'b', key: 'c', scopes: ['all'] }] },
      'tokens/0/scopes',
    ],
    ['a token without a Secret', { tokens: [{ name: 'a', scopes: ['rollout'] }] }, 'missing properties'],
    [
      'two places of Redis',
      { redis: { cluster: { nodes: ['a:1'] } } },
      'there is redis.url and redis.cluster.nodes',
    ],
    ['no place of Redis', { redis: { url: '' } }, 'there is none'],
    [
      'grants without an administrator',
      { grants: { postgres: { enabled: true } } },
      'adminPassword.secretName',
    ],
    [
      'an ACL without a URL',
      { redis: { url: '', cluster: { nodes: ['a:1'] } }, grants: { redis: { enabled: true } } },
      'needs redis.url',
    ],
    ['a canary without a secret', { canary: { enabled: true } }, 'canary.clientSecret.secretName'],
    [
      'a canary without a zone',
      {
        canary: {
          enabled: true,
          clientSecret: { secretName: 'a' },
          readerToken: { secretName: 'a' },
          settings: { application: 'b' },
        },
      },
      'canary.settings.zone is missing',
    ],
    [
      'a secret in the settings of the canary',
      { canary: { settings: { clientSecret: 'a' } } },
      "additional properties 'clientSecret'",
    ],
    [
      'two tokens of one name',
      { tokens: ['b', 'c'].map((secretName) => ({ name: 'a', secretName, key: 'k', scopes: ['rollout'] })) },
      'two tokens are called a',
    ],
  ])('are refused with a word on where: %s', async (_, values, message) => {
    const { code, stderr } = await helm(['template', 'gate', chartFolder], values)
    expect(code).not.toBe(0)
    expect(stderr).toContain(message)
  })
})

describe('the dashboards', () => {
  it('are those of the repository, each in a ConfigMap that the sidecar finds and any tool can apply', async () => {
    const objects = await renderChart({ dashboards: { enabled: true } })
    const found = objects.filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1')
    const held = Object.fromEntries(
      found.flatMap((object) => Object.entries(object['data'] as Record<string, string>)),
    )
    expect(Object.keys(held).toSorted()).toEqual([...dashboardNames].toSorted())
    for (const name of dashboardNames) expect(JSON.parse(held[name] ?? '')).toEqual(readDashboard(name))
    // What a tool that applies them keeps of each in an annotation.
    for (const object of found) expect(JSON.stringify(object).length).toBeLessThan(200 * 1_024)
  })
})
