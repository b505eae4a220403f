import { afterEach, describe, expect, it } from 'vitest'
import { startClusterProcess } from '../support/cluster-process.ts'
import { fakeKubernetes, type FakeKubernetes } from '../support/fake-kubernetes.ts'
import { refused } from '../support/fake-kubernetes-wire.ts'
import { podObject } from '../support/fake-release.ts'
import { until, watchFor } from '../support/waiting.ts'

const megabyte = 1024 * 1024

let fake: FakeKubernetes
let child: ReturnType<typeof startClusterProcess>

afterEach(async () => {
  await child.kill()
  await fake.close()
})

async function following(prepare: (fake: FakeKubernetes) => void): Promise<void> {
  fake = await fakeKubernetes()
  prepare(fake)
  child = startClusterProcess(fake.kubeconfig)
}

function pods(count: number, release = 'caracal') {
  return Array.from({ length: count }, (_, index) => podObject(`${release}-${index}`, release))
}

describe('a process that follows a cluster', () => {
  it('ends by itself when it is stopped: no timer and no connection is left', async () => {
    await following((one) => one.fill('pods', pods(1)))
    await child.untilPods(1)
    await child.stop()
    expect(await child.ended).toBe(0)
    await until(() => fake.connections() === 0)
  })

  it('ends by itself when it is stopped while the API server hangs', async () => {
    await following((one) => one.fill('pods', pods(1)))
    await child.untilPods(1)
    fake.hang(true)
    // The beat of each second hangs by then.
    await watchFor(1_500)
    await child.stop()
    expect(await child.ended).toBe(0)
  })

  it('lives on whatever the API server does, and sees again what there is', async () => {
    await following((one) => one.fill('pods', pods(1)))
    await child.untilPods(1)
    const turns: readonly (() => unknown)[] = [
      () => fake.killSockets(),
      () => fake.endStreams(),
      () => fake.sayRaw('pods', '{"type":"ADDED","object":null}\n'),
      () => fake.say('pods', { type: 'ERROR', object: 'no' }),
      () => fake.sayRaw('pods', '"text"\nnull\n{}\n[1\n'),
      () => fake.misbehave(() => refused(503, 'storm')),
      () => fake.killSockets(),
      () => fake.misbehave(() => ({ status: 200, body: 'null' })),
      () => fake.killSockets(),
      () => fake.misbehave(() => ({ status: 200, body: { items: [null, 1, 'a', [], {}] } })),
      () => fake.killSockets(),
      () => fake.misbehave(),
      () => fake.accept('other'),
      () => fake.killSockets(),
      () => fake.accept('first-token'),
      () => fake.stop(),
      () => fake.startAgain(),
    ]
    for (const turn of turns) {
      await turn()
      await watchFor(300)
    }
    fake.put('pods', podObject('last'))
    await child.untilPods(2)
  })
})

describe('the memory of a process that follows a cluster', () => {
  async function heapOf(own: number, others = 0): Promise<number> {
    await following((one) => {
      one.fill('pods', pods(own))
      one.fill('pods', pods(others, 'other'))
    })
    return (await child.untilPods(own)).heapUsed
  }

  it('is small for five hundred pods of the release, and none for five thousand of others', async () => {
    const few = await heapOf(12)
    await child.kill()
    await fake.close()
    const many = await heapOf(500, 5_000)
    expect(many - few).toBeLessThan(4 * megabyte)
  })
})
