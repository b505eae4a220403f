import { components } from '../core/replica.ts'
import { missing, said, type Fault } from './faults.ts'
import { replicasAllowed } from './services-schema.ts'
import type { Locate } from './validate.ts'
import { at, isMapping, pathText, type Path, type Tree } from './tree.ts'

interface Subject {
  readonly tree: Tree
  readonly locate: Locate
}

/**
 * Keys that are valid alone and contradict each other. Reads the configuration as it was written, so that a fault
 * elsewhere hides none of these.
 */
export function contradictions(subject: Subject): readonly Fault[] {
  return [
    ...redisPlace(subject),
    ...redisTls(subject),
    ...redisUser(subject),
    ...postgresTls(subject),
    ...certificatePairs(subject),
    ...migrationSources(subject),
    ...replicaSources(subject),
    ...stateSources(subject),
    ...sameReplicas(subject),
    ...sameTokens(subject),
    ...alertingLogins(subject),
    ...sameAlertmanagers(subject),
    ...alertsAsked(subject),
  ]
}

function fault({ locate }: Subject, path: Path, allowed: string, what: string): Fault {
  return said({ path, location: locate(path), allowed }, `${pathText(path)} ${what}`)
}

function has({ tree }: Subject, path: Path): boolean {
  return at(tree, path) !== undefined
}

function redisPlace(subject: Subject): Fault[] {
  const given = ['url', 'sentinel', 'cluster'].filter((key) => has(subject, ['redis', key]))
  const allowed = 'exactly one of redis.url, redis.sentinel and redis.cluster'
  if (given.length === 0) {
    const path = ['redis', 'url']
    return [missing({ path, location: subject.locate(path), allowed })]
  }
  const [first, ...others] = given
  return others.map((key) => fault(subject, ['redis', key], allowed, `is given beside redis.${first}`))
}

function redisTls(subject: Subject): Fault[] {
  const url = at(subject.tree, ['redis', 'url'])
  const tls = at(subject.tree, ['redis', 'tls'])
  if (!isMapping(tls)) return []
  const off = tls['enabled'] === false
  const others = Object.keys(tls).filter((key) => key !== 'enabled')
  const path = ['redis', 'tls']
  if (off && others.length > 0)
    return [fault(subject, path, 'nothing else', `is switched off and has ${others.join(', ')}`)]
  if (typeof url !== 'string') return []
  if (off && url.startsWith('rediss:'))
    return [fault(subject, path, 'redis:// for no TLS', 'is switched off and redis.url is a rediss:// URL')]
  if (!off && url.startsWith('redis:'))
    return [fault(subject, path, 'rediss:// for TLS', 'is given and redis.url is a redis:// URL')]
  return []
}

function redisUser(subject: Subject): Fault[] {
  const url = at(subject.tree, ['redis', 'url'])
  if (typeof url !== 'string' || !URL.canParse(url)) return []
  const both = new URL(url).username !== '' && has(subject, ['redis', 'username'])
  return both ? [fault(subject, ['redis', 'username'], 'one of the two', 'is also given in redis.url')] : []
}

function postgresTls(subject: Subject): Fault[] {
  const tls = at(subject.tree, ['postgres', 'tls'])
  if (!isMapping(tls) || (tls['mode'] !== 'off' && tls['mode'] !== false)) return []
  return Object.keys(tls)
    .filter((key) => key !== 'mode')
    .map((key) =>
      fault(subject, ['postgres', 'tls', key], 'mode: verify-full', 'is given and postgres.tls.mode is off'),
    )
}

function certificatePairs(subject: Subject): Fault[] {
  const servers = [['redis'], ['postgres'], ...alertingServers]
  return servers.flatMap((server) => {
    const path = [...server, 'tls']
    const keys = ['certFile', 'keyFile']
    const [given, ...rest] = keys.filter((key) => has(subject, [...path, key]))
    const absent = keys.find((key) => key !== given)
    if (given === undefined || absent === undefined || rest.length > 0) return []
    const allowed = 'certFile and keyFile together, or neither'
    return [fault(subject, [...path, given], allowed, `is given without ${absent}`)]
  })
}

function migrationSources(subject: Subject): Fault[] {
  const path = ['migrations', 'expectedFile']
  if (!has(subject, path) || !has(subject, ['migrations', 'expected'])) return []
  return [fault(subject, path, 'one of the two', 'is given beside migrations.expected')]
}

/** Replicas are listed, or found in a cluster; both together would count them twice. */
function replicaSources(subject: Subject): Fault[] {
  const found = at(subject.tree, ['kubernetes', 'enabled']) === true
  return components.flatMap((component) => {
    const path = ['services', component, 'replicas']
    const given = has(subject, path)
    if (found && given)
      return [
        fault(subject, path, 'no list', 'is given beside kubernetes.enabled: true, which finds replicas'),
      ]
    const needed = component !== 'web' || has(subject, ['services', 'web'])
    if (found || given || !needed) return []
    return [missing({ path, location: subject.locate(path), allowed: replicasAllowed })]
  })
}

function stateSources(subject: Subject): Fault[] {
  const path = ['state', 'configMap']
  const others = ['file', 'namespace'].filter((key) => has(subject, ['state', key]))
  if (!has(subject, path))
    return others.includes('namespace')
      ? [fault(subject, ['state', 'namespace'], 'state.configMap beside it', 'is that of no ConfigMap')]
      : []
  if (at(subject.tree, ['kubernetes', 'enabled']) !== true)
    return [fault(subject, path, 'kubernetes.enabled: true', 'needs a cluster')]
  return others.includes('file') ? [fault(subject, path, 'one of the two', 'is given beside state.file')] : []
}

/** Two replicas with one name would be one target; with one URL the same replica would count twice. */
function sameReplicas(subject: Subject): Fault[] {
  const faults: Fault[] = []
  const urls = new Map<string, string>()
  for (const component of components) {
    const list = at(subject.tree, ['services', component, 'replicas'])
    const names = new Map<string, string>()
    for (const [index, entry] of Array.isArray(list) ? list.entries() : []) {
      const path = ['services', component, 'replicas', index]
      const name: unknown = at(entry, ['name']) ?? `${component}-${index + 1}`
      const url: unknown = typeof entry === 'string' ? entry : at(entry, ['url'])
      const namesake = repeated(names, name, path)
      const twin = repeated(urls, baseOf(url), path)
      const allowed = 'every replica once'
      if (namesake !== undefined) faults.push(fault(subject, path, allowed, `has the name of ${namesake}`))
      if (twin !== undefined) faults.push(fault(subject, path, allowed, `has the URL of ${twin}`))
    }
  }
  return faults
}

function baseOf(url: unknown): string | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).href.replace(/\/+$/, '') : undefined
}

/** Who had this value before; the first to have it is remembered. */
function repeated(seen: Map<string, string>, value: unknown, path: Path): string | undefined {
  if (typeof value !== 'string') return undefined
  const first = seen.get(value) ?? pathText(path)
  seen.set(value, first)
  return first === pathText(path) ? undefined : first
}

function sameTokens(subject: Subject): Fault[] {
  const list = at(subject.tree, ['tokens'])
  const names = new Map<string, string>()
  return (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
    const first = repeated(names, at(entry, ['name']), ['tokens', index])
    const path = ['tokens', index, 'name']
    return first === undefined
      ? []
      : [fault(subject, path, 'every name once', `is also the name of ${first}`)]
  })
}

const alertingServers = [
  ['alerting', 'prometheus'],
  ['alerting', 'alertmanager'],
] as const

/** A request carries one Authorization header, and a password needs a user. */
function alertingLogins(subject: Subject): Fault[] {
  return alertingServers.flatMap((server) => {
    const [username, password, token] = ['username', 'password', 'bearer'].map((key) => [...server, key])
    if (username === undefined || password === undefined || token === undefined) return []
    const isUser = has(subject, username)
    const isPassword = has(subject, password)
    if (has(subject, token) && (isUser || isPassword))
      return [fault(subject, token, 'one of the two', `is given beside ${isUser ? 'username' : 'password'}`)]
    if (isUser === isPassword) return []
    const [given, lacks] = isUser ? [username, 'password'] : [password, 'username']
    return [fault(subject, given, 'username and password together, or neither', `is given without ${lacks}`)]
  })
}

function sameAlertmanagers(subject: Subject): Fault[] {
  const list = at(subject.tree, ['alerting', 'alertmanager', 'urls'])
  const urls = new Map<string, string>()
  return (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
    const path = ['alerting', 'alertmanager', 'urls', index]
    const twin = repeated(urls, baseOf(entry), path)
    return twin === undefined
      ? []
      : [fault(subject, path, 'every Alertmanager once', `has the URL of ${twin}`)]
  })
}

/** A check that is switched on and can never be more than unknown. */
function alertsAsked(subject: Subject): Fault[] {
  const path = ['checks', 'alerts-reachable']
  const wish = at(subject.tree, path)
  const isOff = wish === undefined || wish === 'off' || wish === false || at(wish, ['enabled']) === false
  if (isOff || has(subject, ['alerting'])) return []
  return [
    fault(
      subject,
      path,
      'alerting.prometheus and alerting.alertmanager beside it',
      'is on and there is no alerting',
    ),
  ]
}
