import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  KubernetesFailure,
  openKubernetes,
  type Kubernetes,
  type KubernetesSettings,
} from '../../src/connections/kubernetes.ts'
import { fakeKubernetes, type FakeKubernetes } from '../support/fake-kubernetes.ts'
import { podObject } from '../support/fake-release.ts'

const pods = '/api/v1/namespaces/caracal/pods'

let fake: FakeKubernetes
const opened: Kubernetes[] = []

beforeAll(async () => {
  fake = await fakeKubernetes()
  fake.put('pods', podObject('a'))
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((kubernetes) => kubernetes.close()))
})

afterAll(() => fake.close())

function open(settings: KubernetesSettings): Kubernetes {
  const kubernetes = openKubernetes(settings)
  opened.push(kubernetes)
  return kubernetes
}

function list(kubernetes: Kubernetes): Promise<unknown> {
  return kubernetes.json('GET', pods, { deadline: AbortSignal.timeout(5_000), maxBytes: 100_000 })
}

async function failureOf(promise: Promise<unknown>): Promise<KubernetesFailure> {
  const fault: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (fault instanceof KubernetesFailure) return fault
  throw new Error(`no failure, but ${String(fault)}`)
}

/** Writes the kubeconfig of the fake with changes of its cluster and user. */
async function kubeconfigWith(name: string, cluster: object, user: object): Promise<string> {
  const path = join(fake.folder, name)
  const ca = Buffer.from(fake.authority.ca).toString('base64')
  const config = {
    clusters: [{ name: 'c', cluster: { server: fake.url, 'certificate-authority-data': ca, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'only', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'only',
  }
  await writeFile(path, JSON.stringify(config))
  return path
}

describe('credentials', () => {
  it('of a token file may end with a line break, and are read again at the first refusal', async () => {
    const tokenFile = join(fake.folder, 'token')
    await writeFile(tokenFile, 'first-token\n')
    const provider = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }
    const kubernetes = open({ kubeconfig: await kubeconfigWith('file', {}, provider) })
    await list(kubernetes)
    await writeFile(tokenFile, 'rotated\n')
    fake.accept('rotated')
    await list(kubernetes)
    fake.accept('first-token')
  })

  it('may be a user and a password', async () => {
    const kubeconfig = await kubeconfigWith('basic', {}, { username: 'me', password: 'secret' })
    await failureOf(list(open({ kubeconfig })))
    const sent = fake.requests.at(-1)?.headers.authorization
    expect(sent).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`)
  })

  it.each([
    ['in the clear', { server: 'http://127.0.0.1:1', 'insecure-skip-tls-verify': true }, 'https'],
    ['through a proxy', { 'proxy-url': 'http://127.0.0.1:1' }, 'proxy-url'],
  ])('are never shown %s', async (_, cluster, words) => {
    const kubeconfig = await kubeconfigWith('unsafe', cluster, { token: 'first-token' })
    const failure = await failureOf(list(open({ kubeconfig })))
    expect(failure).toMatchObject({ unknownReason: 'not_configured', reason: 'no_credentials' })
    expect(failure.message).toContain(words)
    expect(failure.message).not.toContain('first-token')
  })

  it('are shown to no server that nobody vouches for, whatever the kubeconfig says', async () => {
    const cluster = { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true }
    const kubeconfig = await kubeconfigWith('skip', cluster, { token: 'first-token' })
    const asked = fake.requests.length
    const failure = await failureOf(list(open({ kubeconfig })))
    expect(failure.reason).toBe('tls_not_trusted')
    expect(failure.message).toContain('name the authority that signed its certificate in the kubeconfig')
    expect(fake.requests.length).toBe(asked)
  })

  it('that are not there are named with the file, and found once they are', async () => {
    const kubeconfig = join(fake.folder, 'later')
    const kubernetes = open({ kubeconfig })
    expect((await failureOf(list(kubernetes))).message).toContain(kubeconfig)
    await kubeconfigWith('later', {}, { token: 'first-token' })
    await list(kubernetes)
  })

  it('of a context that does not exist are named with those that do', async () => {
    const kubeconfig = await kubeconfigWith('contexts', {}, { token: 'first-token' })
    const failure = await failureOf(list(open({ kubeconfig, context: 'other' })))
    expect(failure.message).toContain('the context other names no cluster; there are only')
  })

  it('of a plug-in that fails are unauthorized', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'false' }
    const kubeconfig = await kubeconfigWith('exec', {}, { exec })
    expect(await failureOf(list(open({ kubeconfig })))).toMatchObject({ unknownReason: 'unauthorized' })
  })
})

describe('a kubeconfig', () => {
  const head = 'users:\n- name: u\n  user:\n    token: very-secret\n'
  const cluster = '{name: c, cluster: {server: "https://me:very-secret@127.0.0.1:1"'
  const rest =
    'contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\nclusters: [' + cluster

  it.each([
    ['is no YAML', `${head}   wrong: [`, 'it is no YAML in line 5'],
    ['ends too early', `${head}clusters: [{name: c`, 'it is no YAML'],
    ['has a password in an address in the clear', `${head}${rest.replace('https', 'http')}}}]`, 'no https'],
    [
      'has a token that fits in no header',
      `${head.replace(': v', ': "\\x01v').trimEnd()}"\n${rest}}}]`,
      'header',
    ],
    ['has a certificate that is none', `${head}    client-certificate-data: QQ==\n${rest}}}]`, 'PEM'],
    ['has a plug-in that fails', execOf('echo very-secret >&2; exit 1'), 'the plug-in sh of'],
    ['has a plug-in that prints no JSON', execOf('echo very-secret'), 'the plug-in sh of'],
  ])('that %s is named without a word of its secrets', async (_, text, words) => {
    const kubeconfig = join(fake.folder, 'wrong')
    await writeFile(kubeconfig, text)
    const failure = await failureOf(list(open({ kubeconfig })))
    expect(failure.message).toContain(words)
    expect(inspect(failure, { depth: 9 })).not.toContain('very-secret')
  })

  function execOf(script: string): string {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] }
    return `users: [{name: u, user: {exec: ${JSON.stringify(exec)}}}]\n${rest}}}]`
  }
})

describe('a token that was replaced', () => {
  afterEach(() => fake.accept('first-token'))

  it('fails none of the requests that were refused at once', async () => {
    const answer = join(fake.folder, 'answer')
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'cat', args: [answer] }
    await writeFile(answer, '{"status":{"token":"first-token"}}')
    const kubernetes = open({ kubeconfig: await kubeconfigWith('many', {}, { exec }) })
    const twelve = () => Promise.all(Array.from({ length: 12 }, () => list(kubernetes)))
    // Connections for all of them, so that the refusals come together.
    await twelve()
    await writeFile(answer, '{"status":{"token":"second-token"}}')
    fake.accept('second-token')
    await twelve()
  })

  it('is looked for once a second, however many requests are refused', async () => {
    const log = join(fake.folder, 'asked')
    const script = `echo >> ${log}; echo '{"status":{"token":"third-token"}}'`
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] }
    const kubernetes = open({ kubeconfig: await kubeconfigWith('plug-in', {}, { exec }) })
    for (let turn = 0; turn < 5; turn += 1)
      await Promise.all([failureOf(list(kubernetes)), failureOf(list(kubernetes))])
    expect((await readFile(log)).length).toBe(2)
    fake.accept('third-token')
    await list(kubernetes)
  })
})

describe('an address', () => {
  it.each([
    ['that nobody listens at', 'https://127.0.0.1:1', 'connection_refused'],
    ['that does not resolve', 'https://no-such-host.invalid', 'name_'],
  ])('%s is told from others', async (_, server, reason) => {
    const kubeconfig = await kubeconfigWith('address', { server }, { token: 't' })
    const failure = await failureOf(list(open({ kubeconfig })))
    expect(failure.unknownReason).toBe('unreachable')
    expect(failure.reason).toContain(reason)
    expect(failure.message).toContain(new URL(server).host)
  })
})
