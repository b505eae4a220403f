import { polled } from './bounds.ts'
import { chosen, type Expectation, type Kind } from './kind.ts'
import { manners, type Manner, type Proxy } from './proxy.ts'
import type { Scene } from './scene.ts'
import { repeatedly } from './stores.ts'

const targets = ['redis', 'postgres', 'service'] as const
type Target = (typeof targets)[number]

const words: Readonly<Record<Manner, string>> = {
  refused: 'refuses connections',
  hung: 'takes what is sent and delivers nothing',
  delayed: 'delivers each piece 60 ms later',
  truncated: 'ends each connection after 40 bytes of an answer',
  throttled: 'delivers 640 bytes a second',
}

function expected(manner: Manner): Expectation {
  if (manner === 'delayed' || manner === 'throttled')
    return { proceeds: 'if proven', why: 'what arrives in time is a proof, however slow' }
  return { proceeds: 'never', within: polled() }
}

/** What cannot be seen of STS or Gateway stops the rollout; of the stores it does not. */
function explained(target: Target): readonly string[] {
  return target === 'service' ? ['sts-unready', 'gateway-unready'] : []
}

/** The way to a store, or to one replica; the platform's own connections do not take it. */
function wayTo({ proxies, platform }: Scene, target: Target, chance: number) {
  const name = target === 'service' ? chosen(platform.replicas, chance).name : target
  const proxy = proxies.get(name)
  if (proxy === undefined) throw new Error(`there is no proxy before ${name}`)
  return { name, proxy }
}

async function misbehaving(proxy: Proxy, manner: Manner) {
  await proxy.behave(manner)
  return () => proxy.behave(undefined)
}

export const networkKinds: readonly Kind[] = targets.flatMap((target) => [
  ...manners.map((manner): Kind => ({
    name: `network-${target}-${manner}`,
    describe: `The network between the exporter and ${target === 'service' ? 'one replica' : target} ${words[manner]}.`,
    areas: ['network'],
    expect: expected(manner),
    explains: explained(target),
    async inject(scene, { first }) {
      const { name, proxy } = wayTo(scene, target, first)
      return { detail: name, undo: await misbehaving(proxy, manner) }
    },
  })),
  {
    name: `network-${target}-reset`,
    describe: `Connections between the exporter and ${target === 'service' ? 'one replica' : target} are reset, again and again.`,
    areas: ['network'],
    expect: { proceeds: 'if proven', why: 'each look that has an answer is a proof' },
    explains: explained(target),
    async inject(scene, { first, second }) {
      const { name, proxy } = wayTo(scene, target, first)
      const pause = Math.round(20 + second * 400)
      const loop = repeatedly(pause, () => proxy.reset())
      return { detail: `${name} every ${pause} ms`, undo: () => loop.stop() }
    },
  } satisfies Kind,
])
