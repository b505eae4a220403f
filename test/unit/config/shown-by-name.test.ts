import { describe, expect, it } from 'vitest'
import { keysOf } from '../../../src/config/keys.ts'
import { configSchema, type Config } from '../../../src/config/schema.ts'
import { shownBy } from '../../../src/config/shown.ts'
import { at, isMapping, type Tree } from '../../../src/config/tree.ts'
import { newKey } from '../../support/exported-rollout.ts'
import { known, load, withLines } from './loading.ts'

const tlsKeys = ['caFile', 'certFile', 'keyFile', 'servername']

/** Keys that are not shown under their own name, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['prometheus.username', 'prometheus.password', 'alertmanager.bearer']
      .concat(
        ['prometheus', 'alertmanager'].flatMap((server) => tlsKeys.map((key) => `${server}.tls.${key}`)),
      )
      .map((key) => [`alerting.${key}`, 'shown where it is given, as those of Redis']),
  ),
  'migrations.expectedFile': 'shown as migrations.expected, which it holds',
  'state.namespace': 'shown as state.configMap.namespace',
  'postgres.url': 'shown as host, port, user and database',
  'postgres.tls.servername': 'shown where it is given, see the redaction',
  'redis.tls.servername': 'shown where it is given, see the redaction',
  'redis.sentinel.tls': 'shown where there are sentinels',
}

const whole = withLines(`
metricsBearer: { env: SECRET }
kubernetes: { enabled: false, kubeconfig: /k, context: c, events: { deployment: gate, namespace: gates } }
gates: { readiness: { enabled: false, reason: r } }
checks: { ready-api: { enabled: false, reason: r } }
stopConditions: { sts-unready: { enabled: false, reason: r } }
migrations: { expected: ['0001_a'] }
probes: { redis-streams: { quiet: 3s, brisk: 1s, timeout: 1s } }
http: { hosts: [a.example], externalUrl: https://a.example/gate, readTokens: [{ env: READ }] }
recording: { directory: /recordings, maxBytes: 1GiB, maxAge: 24h }
runbookBaseUrl: https://runbooks.example
alerting:
  prometheus: { url: 'http://p:9090', bearer: { env: SECRET } }
  alertmanager: { urls: ['http://a:9093'], filter: ['cluster="a"'], username: u, password: { env: SECRET } }
  receiver: dead-man
tokens: [{ name: ci, token: { env: WRITE }, scopes: [rollout] }]
exports: { signingKeyFile: /key }
`)
const env = {
  SECRET: 'secret-0123456789-bearer',
  READ: 'secret-0123456789-read',
  WRITE: 'secret-0123456789-write',
}

async function wholeConfig(): Promise<Config> {
  const { config } = await load({ yaml: whole, env, files: { '/key': newKey().privateKey } })
  return { ...config, state: { ...config.state, configMap: { name: 'state', namespace: 'gates' } } }
}

/** The same with one more field in each mapping, as a later version might add one. */
function withFieldEverywhere(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withFieldEverywhere)
  if (!isMapping(value)) return value
  const fields = Object.entries(value).map(([key, each]) => [key, withFieldEverywhere(each)])
  return { ...Object.fromEntries(fields), added: 'hunter2' }
}

describe('the configuration that is shown', () => {
  it('X07: holds no field that nobody named, wherever one is added', async () => {
    const config = await wholeConfig()
    // Of these the keys are ids, and what stands below them is named.
    const { gates, checks, stopConditions, probes } = config
    const later = withFieldEverywhere(config) as Config
    const named = [gates, checks, stopConditions, probes].map((entries) =>
      Object.fromEntries(Object.keys(entries).map((id) => [id, at(withFieldEverywhere(entries), [id])])),
    )
    const [laterGates, laterChecks, laterStops, laterProbes] = named
    const shown = shownBy(configSchema(known), {
      ...later,
      gates: laterGates as Config['gates'],
      checks: laterChecks as Config['checks'],
      stopConditions: laterStops as Config['stopConditions'],
      probes: laterProbes as Config['probes'],
    })
    expect(JSON.stringify(shown)).not.toContain('hunter2')
    expect(shown).toEqual(shownBy(configSchema(known), config))
  })

  it('X07: shows every key of the schema, or it is said here why not', async () => {
    const shown = shownBy(configSchema(known), await wholeConfig()) as Tree
    const keys = keysOf(configSchema(known)).map(({ path }) => path)
    const hidden = keys.filter((path) => !isShown(shown, path) && !(path.join('.') in elsewhere))
    expect(hidden.map((path) => path.join('.'))).toEqual([])
  })
})

/** Whether there is something at this path, or at its parent where the key is one of a list, a file or one of many ids. */
function isShown(shown: Tree, path: readonly string[]): boolean {
  const [section = '', second = ''] = path
  if (['services', 'gates', 'checks', 'stopConditions', 'probes', 'limits'].includes(section))
    return at(shown, [section]) !== undefined
  if (section === 'redis' || section === 'tls' || (section === 'postgres' && second === 'tls'))
    return at(shown, [section]) !== undefined
  if (section === 'postgres') return at(shown, ['postgres', 'host']) !== undefined
  const names = path.map((name) => name.replace(/File$/, ''))
  const star = names.indexOf('*')
  const place = star < 0 ? names : names.slice(0, star)
  if (section === 'http' && second === 'tls') return true
  return at(shown, place) !== undefined
}
