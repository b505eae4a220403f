import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { at, chartFolder, helm, kubernetesVersion, objectsOf, theOne } from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'

describe('X74: an upgrade of the chart', () => {
  it('restarts no pod when only the version of the chart is another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gate-chart-version-'))
    try {
      await cp(chartFolder, folder, { recursive: true })
      const values = { ...chartValues['minimal'], image: { tag: '0.1.0' } }
      const template = (text: string) => theOne(objectsOf(text), 'Deployment')['spec']
      const before = await helm(['template', 'gate', folder, ...kubernetesVersion], values)
      const { stdout: chart } = await helm(['show', 'chart', folder])
      await writeFile(join(folder, 'Chart.yaml'), chart.replaceAll(/(ersion): 0\.1\.0/g, '$1: 0.2.0'))
      const after = await helm(['template', 'gate', folder, ...kubernetesVersion], values)
      expect(after.stdout).toContain('caracal-gate-exporter-0.2.0')
      expect(template(after.stdout)).toEqual(template(before.stdout))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('X74: a chart that depends on this one', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gate-chart-parent-'))
    const dependency = {
      name: 'caracal-gate-exporter',
      version: '0.1.0',
      condition: 'caracal-gate-exporter.enabled',
    }
    await mkdir(join(folder, 'charts'))
    await cp(chartFolder, join(folder, 'charts/caracal-gate-exporter'), { recursive: true })
    await writeFile(
      join(folder, 'Chart.yaml'),
      stringify({ apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies: [dependency] }),
    )
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each([
    [true, 1],
    [false, 0],
  ])(
    'switches it by the usual condition, and gives it the global registry: %s',
    async (enabled, deployments) => {
      const { code, stdout, stderr } = await helm(['template', 'gate', folder, ...kubernetesVersion], {
        global: { imageRegistry: 'mirror.example', storageClass: 'meant for others' },
        'caracal-gate-exporter': { enabled },
      })
      expect([code, stderr]).toEqual([0, ''])
      const found = objectsOf(stdout).filter(({ kind }) => kind === 'Deployment')
      expect(found).toHaveLength(deployments)
      for (const object of found)
        expect(at(object, 'spec.template.spec.containers.0.image')).toBe(
          'mirror.example/caracal-gate-exporter:0.1.0',
        )
    },
  )
})
