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
  ])('is refused with %j', async (mirror, words) => {
    const args = ['template', 'gate', chartFolder, '--namespace', 'gate', ...kubernetesVersion]
    const { code, stderr } = await helm(args, { mirror: { enabled: true, ...mirror } })
    expect(code).not.toBe(0)
    expect(stderr).toContain(words)
  })
})
