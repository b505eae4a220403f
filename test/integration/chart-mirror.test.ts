import { beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { readCall } from '../../src/cli/program.ts'
import { helm, chartFolder, kubernetesVersion, renderChart, theOne, type Rendered } from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'
import { at, listAt } from '../support/clients/recipe.ts'

const name = 'gate-caracal-gate-exporter-mirror'
const nothing = { write: () => true }

let objects: readonly Rendered[]
beforeAll(async () => {
  objects = await renderChart(chartValues['a mirror'] ?? {})
})

function deployment(): Rendered {
  return theOne(objects, 'Deployment', name)
}

describe('the mirror of the chart', () => {
  it('is asked about what the values say, by arguments that the program takes', async () => {
    const args = listAt(deployment(), 'spec', 'template', 'spec', 'containers', 0, 'args').map(String)
    expect(await readCall(args, commands, { stdout: nothing, stderr: nothing })).toMatchObject({
      command: { name: 'mirror' },
      values: {
        rollout: 'gitops/48',
        image: ['api=registry.example/caracal-api:1.0.1', 'sts/sts=registry.example/caracal-sts:1.0.1'],
        digest: [`api=sha256:${'0123456789abcdef'.repeat(4)}`],
        revision: '48',
        chart: 'caracal-1.9.1',
        appVersion: '1.0.1',
        phase: 'verifying',
        steady: 300_000,
        url: 'https://gate-caracal-gate-exporter.gate.svc:9465',
        tokenFile: '/var/run/caracal-gate/token',
        caFile: '/var/run/caracal-gate/ca.crt',
      },
    })
  })

  it('mounts the token and the authority that it asks with, and no key', () => {
    const sources = listAt(deployment(), 'spec', 'template', 'spec', 'volumes', 0, 'projected', 'sources')
    expect(sources).toEqual([
      { secret: { name: 'gate-secrets', items: [{ key: 'readToken', path: 'token' }] } },
      { secret: { name: 'gate-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    ])
  })

  it.each([
    ['a ConfigMap', { configMapName: 'company-ca' }, { configMap: { name: 'company-ca' } }],
    ['a Secret', { secretName: 'gate-ca' }, { secret: { name: 'gate-ca' } }],
  ])('R260: takes its own token, and its authority from %s', async (_, ca, source) => {
    const values = chartValues['a mirror'] ?? {}
    const own = { ca: { ...ca, key: 'root.pem' }, token: { secretName: 'gate-mirror', key: 'read' } }
    const rendered = await renderChart({
      ...values,
      mirror: { ...(values['mirror'] as object), ...own },
      // As an issuer leaves it whose authority is not in the Secret.
      http: { tls: { secretName: 'gate-tls', caKey: '' } },
    })
    const spec = at(theOne(rendered, 'Deployment', name), 'spec', 'template', 'spec')
    const items = [{ key: 'root.pem', path: 'ca.crt' }]
    expect(listAt(spec, 'volumes', 0, 'projected', 'sources')).toEqual([
      { secret: { name: 'gate-mirror', items: [{ key: 'read', path: 'token' }] } },
      Object.fromEntries(Object.entries(source).map(([kind, { name: own }]) => [kind, { name: own, items }])),
    ])
    const args = listAt(spec, 'containers', 0, 'args')
    expect(args).toContain('--token-file=/var/run/caracal-gate/token')
    expect(args).toContain('--ca-file=/var/run/caracal-gate/ca.crt')
  })

  it('R260: has no file of an authority where the system knows it', async () => {
    const values = chartValues['a mirror'] ?? {}
    const rendered = await renderChart({ ...values, http: { tls: { secretName: 'gate-tls', caKey: '' } } })
    const args = listAt(
      theOne(rendered, 'Deployment', name),
      'spec',
      'template',
      'spec',
      'containers',
      0,
      'args',
    ).map(String)
    expect(args.filter((word) => word.startsWith('--ca-file'))).toEqual([])
    expect(args).toContain('--url=https://gate-caracal-gate-exporter.gate.svc:9465')
  })

  it('has the rollout in the template of its pod, and is none of the pods of the exporter', () => {
    const template = at(deployment(), 'spec', 'template')
    expect(at(template, 'metadata', 'annotations', 'gates.caracal.run/rollout')).toBe('gitops/48')
    const labels = at(template, 'metadata', 'labels') as Readonly<Record<string, string>>
    const { 'app.kubernetes.io/name': own } = labels
    const selector = at(theOne(objects, 'Service'), 'spec', 'selector') as Readonly<Record<string, string>>
    expect(own).not.toBe(selector['app.kubernetes.io/name'])
    expect(labels).toMatchObject(at(deployment(), 'spec', 'selector', 'matchLabels') as object)
    expect(at(template, 'spec', 'automountServiceAccountToken')).toBe(false)
  })

  it('reaches the exporter and nothing else, and is let in there whoever else is', async () => {
    const ownLabels = at(deployment(), 'spec', 'selector')
    const policy = theOne(objects, 'NetworkPolicy', name)
    expect(at(policy, 'spec', 'podSelector')).toEqual(ownLabels)
    expect(listAt(policy, 'spec', 'egress').map((rule) => at(rule, 'ports'))).toEqual([
      [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
      [{ protocol: 'TCP', port: 9465 }],
    ])
    const closed = await renderChart({
      ...chartValues['a mirror'],
      networkPolicy: { ingress: { from: [] } },
    })
    const exporter = theOne(closed, 'NetworkPolicy', name.replace(/-mirror$/, ''))
    expect(at(exporter, 'spec', 'ingress', 0, 'from')).toEqual([{ podSelector: ownLabels }])
  })

  it.each([
    [{ rollout: '' }, 'mirror.rollout: the id of the rollout that is meant'],
    [{ rollout: 'a/1', phase: 'soon' }, 'phase'],
    [{ rollout: 'a/1', images: { API: 'x' } }, 'images'],
    [{ rollout: 'a/1', replicas: 0 }, 'replicas'],
    [{ rollout: 'a/1', ca: { secretName: 'own-ca' } }, 'mirror.ca is for an exporter that uses https'],
    [{ rollout: 'a/1', token: { secretName: 'own' } }, 'mirror.token.key: the key of Secret own'],
  ])('is refused with %j', async (mirror, words) => {
    const args = ['template', 'gate', chartFolder, '--namespace', 'gate', ...kubernetesVersion]
    const { code, stderr } = await helm(args, { mirror: { enabled: true, ...mirror } })
    expect(code).not.toBe(0)
    expect(stderr).toContain(words)
  })
})
