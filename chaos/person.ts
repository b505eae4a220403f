import { setTimeout as delay } from 'node:timers/promises'
import { ask, post, read, tell } from './http.ts'
import { illIn } from './invariants/overrides.ts'
import type { Excerpt, Reading } from './recording.ts'
import type { Scene } from './scene.ts'
import type { Order } from './schedule.ts'

/** What a person and a pipeline do: rollouts, evidence, acknowledgements, overrides. */
export interface Person {
  carryOut(order: Order): Promise<void>
  /** Once: takes note of what is over, ends overrides, proves what is not proven, declares again what was lost. */
  putRight(reading: Reading): Promise<void>
}

const day = 86_400

export function personAt(scene: Scene): Person {
  let count = 0
  const newId = () => `chaos-${scene.recording.seed}-${(count += 1)}`

  /** The id of the rollout that is under way. */
  async function current(): Promise<string | undefined> {
    const rollout = (await read(scene.daemon.url))?.document?.rollout
    return rollout !== undefined && isActive(rollout.phase) ? (rollout.id ?? undefined) : undefined
  }

  async function beginAnother(): Promise<void> {
    const id = newId()
    await tell(scene, 'begin', id, { id, phase: 'rolling', supersede: true })
  }

  async function finish(outcome: 'done' | 'failed'): Promise<void> {
    const id = await current()
    if (id !== undefined) await tell(scene, 'finish', id, { outcome })
  }

  async function evidence(outcome: 'pass' | 'fail'): Promise<void> {
    const rollout = await current()
    const about = rollout === undefined ? {} : { rollout }
    await tell(scene, 'evidence', 'helm-render', { outcome, validForSeconds: day, ...about })
  }

  /** Overrides all that is wrong, or else one thing after the other. */
  async function override(latched: boolean): Promise<void> {
    const document = (await read(scene.daemon.url))?.document
    if (document === undefined) return
    const ill = illIn(document)
    const all = [...Object.keys(document.stops), ...Object.keys(document.checks)]
    const [one = ''] = all.slice(count % all.length)
    count += 1
    for (const item of ill.length > 0 ? ill : [one]) {
      const isForLatched = latched && item in document.stops
      await tell(scene, 'override', item, {
        item,
        forSeconds: latched ? 8 : 5,
        latched: isForLatched,
        replace: true,
      })
    }
  }

  async function endOverrides(document: Excerpt | undefined): Promise<void> {
    for (const item of document?.overridden ?? []) await tell(scene, 'override-end', item, {})
  }

  async function carryOut(order: Order): Promise<void> {
    switch (order) {
      case 'begin':
        return beginAnother()
      case 'finish-done':
        return finish('done')
      case 'finish-failed':
        return finish('failed')
      case 'evidence-pass':
        return evidence('pass')
      case 'evidence-fail':
        return evidence('fail')
      case 'override':
        return override(false)
      case 'override-latched':
        return override(true)
      case 'override-end':
        return endOverrides((await read(scene.daemon.url))?.document)
      case 'wrong-token':
        await post(`${scene.daemon.url}/rollouts`, 'wrong', '{"id":"chaos-forged","actor":"a","reason":"b"}')
        return
      case 'malformed':
        await post(`${scene.daemon.url}/rollouts`, scene.token, '{"id":')
    }
  }

  return {
    carryOut,
    async putRight({ document }) {
      if (document === undefined) return
      // One that a clock has made long would hold what has no other check.
      await endOverrides(document)
      for (const [id, stop] of Object.entries(document.stops)) {
        const stands = stop.state === 'firing' || (stop.latchedAt !== null && !stop.acknowledged)
        if (stands && stop.state !== 'skipped')
          await tell(scene, 'acknowledge', id, { stopCondition: id }, stop.latchedAt)
      }
      // Memory that was lost, and a rollout that failed, wait for another one to be declared.
      const isLost = document.blocking.some((blocker) => blocker.startsWith('evaluator/'))
      if (isLost || document.rollout.phase === 'failed') await beginAnother()
      if (document.checks['helm-render'] !== 'pass') await evidence('pass')
    },
  }
}

function isActive(phase: string): boolean {
  return phase !== 'idle' && phase !== 'done' && phase !== 'failed'
}

/** Replicas that do not say that they are ready, each asked by its own port. */
async function notReady({ platform }: Scene): Promise<readonly string[]> {
  const answers = await Promise.all(
    platform.replicas.map(async ({ name, url }) => {
      // An address of its own, since two services ration `/ready` by the address of the client.
      const answer = await ask(`${url}/ready`, 5_000, '127.0.0.11')
      return answer?.status === 200 ? [] : [`${name}: ${answer?.text.slice(0, 120) ?? 'no answer'}`]
    }),
  )
  return answers.flat()
}

/** Asks every second until all replicas say that they are ready; the last words of those that do not. */
export async function untilPlatformIsWell(scene: Scene, within: number): Promise<readonly string[]> {
  const deadline = performance.now() + within
  for (;;) {
    const left = await notReady(scene)
    if (left.length === 0 || performance.now() > deadline) return left
    await delay(1_000)
  }
}
