import { describe, expect, it } from 'vitest'
import {
  at,
  chartFolder,
  helm,
  helmVersions,
  kubernetesVersion,
  objectsOf,
  podSpecs,
  renderedText,
  theOne,
  type Values,
} from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'

/** What OpenShift's restricted-v2 refuses of a pod, in words. Users and groups are those that it assigns. */
function refusedByOpenShift(spec: unknown): readonly string[] {
  const given = (context: unknown) =>
    ['runAsUser', 'runAsGroup', 'fsGroup'].filter((field) => at(context, field) !== undefined)
  const containers = [at(spec, 'containers'), at(spec, 'initContainers') ?? []].flat() as readonly object[]
  return [
    ...given(at(spec, 'securityContext')),
    ...containers.flatMap((each) => [
      ...given(at(each, 'securityContext')),
      ...(at(each, 'securityContext.allowPrivilegeEscalation') === false ? [] : ['allowPrivilegeEscalation']),
      ...(JSON.stringify(at(each, 'securityContext.capabilities.drop')) === '["ALL"]'
        ? []
        : ['capabilities']),
    ]),
    ...((at(spec, 'volumes') ?? []) as readonly object[]).flatMap((volume) =>
      Object.keys(volume).filter(
        (kind) => !['name', 'configMap', 'secret', 'projected', 'emptyDir'].includes(kind),
      ),
    ),
  ]
}

function refusals(text: string): readonly string[] {
  return podSpecs(objectsOf(text)).flatMap(refusedByOpenShift)
}

describe('X41: on OpenShift', () => {
  const grants = chartValues['everything on']?.['grants']
  const all: Values = { ...chartValues['minimal'], grants }
  const openShift = ['--api-versions', 'security.openshift.io/v1']
  const asked = (adaptSecurityContext: string): Values => ({
    ...all,
    global: { compatibility: { openshift: { adaptSecurityContext } } },
  })

  it.each<[string, Values, readonly string[], boolean]>([
    ['not elsewhere', all, [], false],
    ['where the cluster is one', all, openShift, true],
    ['always by force', asked('force'), [], true],
    ['never when that is disabled', asked('disabled'), openShift, false],
  ])('no pod asks for a user or group of its own, %s', async (_, values, more, isTaken) => {
    const { stdout } = await helm(['template', 'gate', chartFolder, ...kubernetesVersion, ...more], values)
    expect(refusals(stdout).length === 0).toBe(isTaken)
  })

  it.each(helmVersions)('both contexts can be removed as a whole (%s Helm)', async (version) => {
    const text = await renderedText(
      { podSecurityContext: null, containerSecurityContext: null },
      'gate',
      version,
    )
    const spec = at(theOne(objectsOf(text), 'Deployment'), 'spec.template.spec')
    expect([at(spec, 'securityContext'), at(spec, 'containers.0.securityContext')]).toEqual([{}, {}])
  })
})
