import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { recovers } from './bounds.ts'
import type { Kind, Undo } from './kind.ts'
import { untilPlatformIsWell, type Person } from './person.ts'
import { now, type Calm, type Standing } from './recording.ts'
import type { Scene } from './scene.ts'
import type { Act } from './schedule.ts'
import { runCli, type Watch } from './watching.ts'

export interface Company {
  readonly scene: Scene
  readonly person: Person
  readonly watch: Watch
  readonly kindNamed: (name: string) => Kind
  readonly tell: (line: string) => void
  readonly interrupted: AbortSignal
}

/** How long the simulated platform may take to be well again; it is no part of what is measured. */
const PLATFORM_WITHIN = 45_000
/** A fault that can't be made or ended in this time is a fault of the harness. */
const CHANGE_WITHIN = 60_000
/** A rollout proceeds on what is overridden after the steady time, which must end before the fault does. */
const OVERRIDDEN = 7_000
/** After the end of what is documented, for a machine that is starved. */
const GIVE_UP_AFTER = 2 * recovers.within

/** Carries out one act: its faults, one after the other, its orders, and their ends in reverse. */
export async function carryOut(act: Act, company: Company): Promise<void> {
  const { scene, person, kindNamed } = company
  const undos: { readonly standing: Standing; readonly undo: Undo }[] = []
  let longest = act.lasts
  for (const [index, name] of act.kinds.entries()) {
    if (index > 0) await delay(act.apart)
    const kind = kindNamed(name)
    const chance = act.chances[index] ?? { first: 0, second: 0 }
    const made = await turnOn(kind, chance, act.number, company)
    if (made !== undefined) undos.push(made)
    longest = Math.max(longest, kind.atLeast ?? 0)
  }
  if (act.orders.some(({ order }) => order.startsWith('override'))) longest = Math.max(longest, OVERRIDDEN)
  const started = now()
  const cli = act.runsCli ? delay(longest / 2).then(() => runCli(scene)) : undefined
  for (const { order, after } of act.orders.toSorted((one, other) => one.after - other.after)) {
    await rest(started + after * longest - now(), company.interrupted)
    if (scene.daemon.running) await person.carryOut(order)
  }
  await rest(started + longest - now(), company.interrupted)
  await cli
  for (const { standing, undo } of undos.toReversed()) await turnOff(standing, undo, company)
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return delay(Math.max(0, milliseconds), undefined, { signal }).catch(() => {})
}

async function turnOn(kind: Kind, chance: Act['chances'][number], act: number, { scene, tell }: Company) {
  const from = now()
  // Recorded before it is made: its effects may come before it is made as a whole.
  const standing: { -readonly [K in keyof Standing]: Standing[K] } = {
    kind: kind.name,
    act,
    from,
    detail: '',
  }
  scene.recording.standings.push(standing)
  try {
    const { detail, undo } = await within(CHANGE_WITHIN, kind.inject(scene, chance))
    standing.detail = detail
    standing.since = now()
    return { standing, undo }
  } catch (fault) {
    standing.over = now()
    tell(`  ${kind.name} could not be made: ${messageOf(fault)}`)
    return undefined
  }
}

async function turnOff(standing: Standing, undo: Undo, { tell }: Company): Promise<void> {
  standing.until = now()
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      await within(CHANGE_WITHIN, Promise.resolve().then(undo))
      break
    } catch (fault) {
      tell(`  ${standing.kind} could not be ended (attempt ${attempt}): ${messageOf(fault)}`)
    }
  }
  standing.over = now()
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = new AbortController()
  const timeout = delay(milliseconds, undefined, { signal: late.signal }).then(() => {
    throw new Error(`not within ${milliseconds / 1_000} s`)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    late.abort()
    timeout.catch(() => {})
  }
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}

/**
 * Waits until the platform is well and the daemon says `proceed`, doing what a person does meanwhile. When that does
 * not come in time, everything is recreated, so that the run can continue.
 */
export async function calmDown(act: number, company: Company): Promise<void> {
  const { scene, person, watch, tell, interrupted } = company
  // Where it is installed it would be started again; that it ended is a violation all the same.
  if (!scene.daemon.running) await scene.daemon.start()
  const ill = await untilPlatformIsWell(scene, PLATFORM_WITHIN)
  if (ill.length > 0) {
    tell(`  the simulated platform is not well again and is restarted: ${ill.join('; ')}`)
    for (const { name } of scene.platform.replicas) await scene.platform.replaceReplica(name)
    await untilPlatformIsWell(scene, PLATFORM_WITHIN)
  }
  const from = now()
  let said = 'nothing'
  while (now() < from + GIVE_UP_AFTER && !interrupted.aborted) {
    const reading = watch.last()
    if (reading !== undefined && reading.asked > from) {
      said = reading.document?.summary ?? said
      if (reading.fresh && reading.verdict === 'proceed') {
        record({ act, from, proceeded: reading.got, said })
        return
      }
      await person.putRight(reading)
    }
    await rest(500, interrupted)
  }
  if (interrupted.aborted) return
  record({ act, from, gaveUp: now(), said })
  await startAnew(company)

  function record(calm: Calm): void {
    scene.recording.calms.push(calm)
  }
}

async function startAnew({ scene, person, watch, tell, interrupted }: Company): Promise<void> {
  const { daemon, platform, recording, stateFile } = scene
  tell('  no proceed: replicas and the daemon are restarted, without what was remembered')
  await daemon.kill()
  for (const { name } of platform.replicas) await platform.replaceReplica(name)
  await platform.recover()
  rmSync(stateFile, { force: true })
  recording.forgotten.push({ at: now(), why: 'the harness restarted the daemon' })
  await daemon.start()
  const deadline = now() + GIVE_UP_AFTER
  while (now() < deadline && !interrupted.aborted) {
    const reading = watch.last()
    if (reading?.fresh === true && reading.verdict === 'proceed' && now() - reading.got < 1_000) return
    if (reading !== undefined) await person.putRight(reading)
    await rest(500, interrupted)
  }
}
