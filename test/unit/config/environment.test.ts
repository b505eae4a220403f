import { describe, expect, it } from 'vitest'
import { keysOf, variablesOf, type Key } from '../../../src/config/keys.ts'
import { fromEnvironment, fromFlags } from '../../../src/config/overlay.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { faultsOf, known, minimalEnvironment } from './loading.ts'

const keys = keysOf(configSchema(known))

/** A text that is right for the key. */
function sample({ kind, path }: Key): string {
  const last = path.at(-1) ?? ''
  const byName: Readonly<Record<string, string>> = {
    url: path[0] === 'redis' ? 'redis://r:1' : path[0] === 'postgres' ? 'postgres://u@h/d' : 'http://h:1',
    mode: 'verify-full',
    level: 'debug',
    listen: ':1',
    nodes: 'a:1,b:2',
    scopes: 'rollout,evidence',
    filter: 'cluster="a",zone!="b"',
    runbookBaseUrl: 'https://r.example',
    externalUrl: 'https://r.example',
  }
  if (kind === 'file' || kind === 'path' || kind === 'secret') return '/somewhere'
  if (kind === 'number') return path.some((part) => part.endsWith('Ratio')) ? '0.5' : '7'
  const byKind: Partial<Record<Key['kind'], string>> = {
    duration: '1s',
    size: '2GiB',
    switch: 'off',
    boolean: 'true',
    urls: 'http://a:1,http://b:1',
  }
  return byName[last] ?? byKind[kind] ?? 'name'
}

describe('the map of environment variables', () => {
  it('has each name once', () => {
    const names = keys.flatMap(variablesOf)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('is named after the keys', () => {
    const names = new Map(keys.map((key) => [key.path.join('.'), variablesOf(key)]))
    expect(names.get('redis.url')).toEqual(['CARACAL_GATE_REDIS_URL'])
    expect(names.get('redis.password')).toEqual([
      'CARACAL_GATE_REDIS_PASSWORD',
      'CARACAL_GATE_REDIS_PASSWORD_FILE',
    ])
    expect(names.get('services.api.poolSize')).toEqual(['CARACAL_GATE_SERVICES_API_POOL_SIZE'])
    expect(names.get('gates.migration-safety')).toEqual(['CARACAL_GATE_GATES_MIGRATION_SAFETY'])
    expect(names.get('tokens.*.name')).toEqual(['CARACAL_GATE_TOKENS_*_NAME'])
  })

  it.each(keys.map((key) => [key.path.join('.'), key] as const))('sets %s, and so does --set', (_, key) => {
    const text = sample(key)
    const path = key.path.map((part) => (part === '*' ? 0 : part))
    const [first = '', second] = variablesOf(key).map((name) => name.replace('*', '0'))
    const byVariable = fromEnvironment(keys, { [second ?? first]: text })
    const name = path.join('.') + (key.kind === 'secret' ? '.file' : '')
    const byFlag = fromFlags(keys, { set: [`${name}=${text}`] })
    for (const overlay of [byVariable, byFlag]) {
      expect(overlay.faults).toEqual([])
      expect(overlay.assignments.map((one) => one.path)).toEqual([path])
    }
    expect(byVariable.assignments[0]?.value).toEqual(byFlag.assignments[0]?.value)
  })

  it('gives values that the schema takes, for every key', async () => {
    const alternatives = [
      'redis.sentinel',
      'redis.cluster',
      'migrations.expectedFile',
      'state.configMap',
      'state.namespace',
      'alerting.prometheus.bearer',
      'alerting.alertmanager.bearer',
    ]
    const chosen = keys.filter(
      ({ path, kind }) => kind !== 'file' && !alternatives.some((start) => path.join('.').startsWith(start)),
    )
    // A list is given by its items or as a whole.
    const variables = chosen
      .filter(({ path, kind }) => kind !== 'urls' || path[0] === 'alerting')
      .filter(({ path }) => !(path[0] === 'services' && path[1] === 'web'))
      .flatMap((key) =>
        variablesOf(key)
          .slice(-1)
          .map((name) => [name.replace('*', '0'), sampleFor(key)]),
      )
    const given = Object.fromEntries(variables) as Record<string, string>
    // With a cluster there is no list of replicas.
    const env = { ...given, CARACAL_GATE_KUBERNETES_ENABLED: 'false' }
    expect(await faultsOf({ env, files: { '/somewhere': 'secret-0123456789' } })).toEqual([])
  })

  it('passes over what Kubernetes tells of Services', async () => {
    const env = {
      ...minimalEnvironment,
      CARACAL_GATE_SERVICE_HOST: '10.0.0.1',
      CARACAL_GATE_SERVICE_PORT: '9465',
      CARACAL_GATE_SERVICE_PORT_HTTP: '9465',
      CARACAL_GATE_PORT: 'tcp://10.0.0.1:9465',
      CARACAL_GATE_PORT_9465_TCP: 'tcp://10.0.0.1:9465',
      CARACAL_GATE_PORT_9465_TCP_PROTO: 'tcp',
      CARACAL_GATE_PORT_9465_TCP_PORT: '9465',
      CARACAL_GATE_PORT_9465_TCP_ADDR: '10.0.0.1',
      CARACAL_GATE_EXPORTER_SERVICE_HOST: '10.0.0.2',
      CARACAL_GATE_EXPORTER_PORT: 'tcp://10.0.0.2:9465',
    }
    expect(await faultsOf({ env })).toEqual([])
  })

  it('has no variable that could be one of those', () => {
    const names = keys.flatMap(variablesOf)
    expect(names.filter((name) => /_PORT(_|$)|SERVICE_(HOST|PORT)/.test(name))).toEqual([])
  })

  it('leaves to the client commands what is theirs, and to others everything else', async () => {
    const env = {
      ...minimalEnvironment,
      CARACAL_GATE_URL: 'x',
      CARACAL_GATE_TOKEN: 'y',
      CARACAL_GATE_ACTOR: 'w',
      OTHER: 'z',
      EMPTY: undefined,
    }
    expect(await faultsOf({ env })).toEqual([])
  })
})

/** As `sample`, but so that no two of them contradict each other. */
function sampleFor(key: Key): string {
  const path = key.path.join('.')
  if (path === 'redis.url') return 'rediss://r:1'
  const replica = /^services\.(\w+)\.replicas\.\*\.url$/.exec(path)
  return replica === null ? sample(key) : `http://${replica[1]}:1`
}
