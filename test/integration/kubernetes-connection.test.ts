import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { KubernetesFailure, openKubernetes, type Kubernetes } from '../../src/connections/kubernetes.ts'
import { fakeKubernetes, type FakeKubernetes } from '../support/fake-kubernetes.ts'
import { refused } from '../support/fake-kubernetes-wire.ts'
import { podObject } from '../support/fake-release.ts'
import { until } from '../support/waiting.ts'

const pods = '/api/v1/namespaces/caracal/pods'

let fake: FakeKubernetes
const opened: Kubernetes[] = []

beforeAll(async () => {
  fake = await fakeKubernetes()
  fake.put('pods', podObject('a'))
})

afterEach(async () => {
  fake.misbehave()
  fake.hang(false)
  fake.cutInto(undefined)
  await Promise.all(opened.splice(0).map((kubernetes) => kubernetes.close()))
  // What was held is answered only now, to a client that has gone.
  await until(() => fake.streams() === 0)
})

afterAll(() => fake.close())

function open(): Kubernetes {
  const kubernetes = openKubernetes({ kubeconfig: fake.kubeconfig })
  opened.push(kubernetes)
  return kubernetes
}

function list(kubernetes: Kubernetes, timeout = 5_000, maxBytes = 100_000): Promise<unknown> {
  return kubernetes.json('GET', pods, { deadline: AbortSignal.timeout(timeout), maxBytes })
}

async function failureOf(promise: Promise<unknown>): Promise<KubernetesFailure> {
  const fault: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (fault instanceof KubernetesFailure) return fault
  throw new Error(`no failure, but ${String(fault)}`)
}

describe('a refusal', () => {
  it.each([
    [401, 'unauthorized', 'token_refused', 'may not list pods in namespace caracal: '],
    [403, 'unauthorized', 'forbidden', 'may not list pods in namespace caracal: '],
    [404, 'not_configured', 'not_found', "can't list pods"],
    [409, 'contradictory', 'conflict', 'in the meantime'],
    [410, 'stale', 'gone', 'no longer kept'],
    [422, 'malformed', 'unexpected_status', 'answers 422 (no such field)'],
    [429, 'throttled', 'too_many_requests', 'asked too much'],
    [500, 'unreachable', 'server_error', 'answers 500 (no such field)'],
    [503, 'unreachable', 'server_error', 'check its health'],
  ])('of status %i is %s, as %s', async (status, unknownReason, reason, words) => {
    fake.misbehave(() => refused(status, 'no such field'))
    const failure = await failureOf(list(open()))
    expect([failure.unknownReason, failure.reason, failure.status]).toEqual([unknownReason, reason, status])
    expect(failure.message).toContain(words)
  })

  it('names the account that lacks a right, and where to grant it', async () => {
    const account = 'system:serviceaccount:caracal:gate'
    fake.misbehave(() => refused(403, `pods is forbidden: User "${account}" cannot list resource "pods"`))
    const { message } = await failureOf(list(open()))
    expect(message).toBe(
      `${account} may not list pods in namespace caracal: the API server forbids it: grant it with the Role of the chart (helm/templates/role.yaml)`,
    )
  })

  it.each([
    ['2', 2_000],
    ['9999', 60_000],
    ['soon', undefined],
  ])('with Retry-After %s asks for a pause of %s ms', async (given, pause) => {
    fake.misbehave(() => refused(429, 'wait', { 'retry-after': given }))
    expect((await failureOf(list(open()))).retryAfter).toBe(pause)
  })

  it('costs no connection', async () => {
    fake.misbehave(() => refused(404, 'none'))
    const kubernetes = open()
    const before = fake.connections()
    for (let turn = 0; turn < 10; turn += 1) await failureOf(list(kubernetes))
    expect(fake.connections() - before).toBeLessThanOrEqual(1)
  })
})

describe('an answer', () => {
  it('of a hundred requests comes over one connection', async () => {
    const kubernetes = open()
    const before = fake.connections()
    for (let turn = 0; turn < 100; turn += 1) await list(kubernetes)
    expect(fake.connections() - before).toBeLessThanOrEqual(1)
    expect(kubernetes.cost.requests).toBe(100)
    expect(kubernetes.cost.took).toBeGreaterThan(0)
  })

  it.each([
    ['is no JSON', '<html>', 'not_json'],
    ['is larger than is accepted', 'x'.repeat(200_000), 'body_too_large'],
  ])('that %s is malformed', async (_, body, reason) => {
    fake.misbehave(() => ({ status: 200, body }))
    expect(await failureOf(list(open()))).toMatchObject({ unknownReason: 'malformed', reason })
  })

  it.each([100, 300, 700])(
    'that does not come is given up after the %i ms that are allowed',
    async (timeout) => {
      fake.hang(true)
      const startedAt = performance.now()
      const failure = await failureOf(list(open(), timeout))
      expect(performance.now() - startedAt).toBeLessThan(timeout + 250)
      expect(failure).toMatchObject({ unknownReason: 'timeout', reason: 'timeout' })
    },
  )

  it('holds only metadata where no more is asked for', async () => {
    const request = { deadline: AbortSignal.timeout(5_000), maxBytes: 100_000, metadataOnly: true }
    const text = JSON.stringify(await open().json('GET', pods, request))
    expect(text).toContain('"name":"a"')
    expect(text).not.toContain('podIP')
  })
})

describe('a watch', () => {
  function watch(kubernetes: Kubernetes, idle: number, frames: unknown[] = []): Promise<void> {
    const stop = AbortSignal.timeout(10_000)
    const onFrame = (frame: unknown) => void frames.push(frame)
    return kubernetes.watch(`${pods}?watch=1&resourceVersion=0`, { onFrame, idle, stop })
  }

  it('that says nothing for too long is taken for dead', async () => {
    const startedAt = performance.now()
    const failure = await failureOf(watch(open(), 300))
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    expect(failure.reason).toBe('timeout')
  })

  it('that is never answered is silent from the moment in which it was sent', async () => {
    fake.hang(true)
    expect((await failureOf(watch(open(), 300))).reason).toBe('timeout')
  })

  it('with a line that never ends is broken off', async () => {
    const watching = failureOf(watch(open(), 5_000))
    await until(() => fake.streams() > 0)
    fake.sayRaw('pods', 'x'.repeat(9 * 1024 * 1024))
    expect((await watching).reason).toBe('body_too_large')
  })

  it('ends without a failure when it is stopped', async () => {
    const stop = new AbortController()
    const options = { onFrame: () => {}, idle: 5_000, stop: stop.signal }
    const watching = open().watch(`${pods}?watch=1&resourceVersion=0`, options)
    await until(() => fake.streams() > 0)
    stop.abort()
    await expect(watching).resolves.toBeUndefined()
  })
})
