import { setTimeout as delay } from 'node:timers/promises'
import { calmDown, carryOut, type Company } from './conduct.ts'
import { closeAgents } from './http.ts'
import { violationsOf } from './invariants/index.ts'
import type { Violation } from './invariants/past.ts'
import type { Kind } from './kind.ts'
import { kindNamed, kinds } from './kinds.ts'
import type { Options } from './options.ts'
import { personAt } from './person.ts'
import { now } from './recording.ts'
import { detectionOf, summaryOf, tableOf, violationText, writeRecording } from './report.ts'
import { setScene, type Scene } from './scene.ts'
import { scheduleOf, type Act } from './schedule.ts'
import { watchDaemon } from './watching.ts'

const facts = new Map(kinds.map((kind) => [kind.name, kind]))

/** More acts than fit into a minute. */
const actsPerMinute = 20
/** What is left of a fault in the process may go while this lasts, before its descriptors are counted. */
const settles = 1_500
const counted = 600

/** Runs until the time is over or it is interrupted. Returns 0 when nothing was violated, 1 otherwise. */
export async function runChaos(
  options: Options,
  tell: (line: string) => void,
  interrupted: AbortSignal,
): Promise<number> {
  const { seed, minutes } = options
  tell(`seed ${seed}`)
  const scene = await setScene(seed, tell)
  try {
    const possible = possibleKinds(options, scene, tell)
    if (possible.length === 0) {
      tell('none of these kinds of fault can be made on this machine')
      return 1
    }
    const acts = scheduleOf(seed, possible, Math.ceil(minutes * actsPerMinute) + possible.length)
    await perform(wanted(acts, options.act), scene, { minutes, tell, interrupted })
    const violations = violationsOf(scene.recording, facts)
    tell(`\n${tableOf(scene.recording, facts, violations)}\n\n${summaryOf(scene.recording, violations)}`)
    if (options.record !== undefined) writeRecording(options.record, scene.recording)
    return violations.length === 0 ? 0 : 1
  } finally {
    tell('stopping ...')
    await closeAgents()
    await scene.stop()
  }
}

function wanted(acts: readonly Act[], number: number | undefined): readonly Act[] {
  return number === undefined ? acts : acts.filter((act) => act.number === number)
}

function possibleKinds({ only }: Options, scene: Scene, tell: (line: string) => void): readonly Kind[] {
  const asked = kinds.filter(
    ({ name }) => only.length === 0 || only.some((prefix) => name.startsWith(prefix)),
  )
  return asked.filter(({ name, missing }) => {
    const why = missing?.(scene)
    if (why !== undefined) tell(`!!! LEFT OUT: ${name}: ${why}`)
    return why === undefined
  })
}

interface Performance {
  readonly minutes: number
  readonly tell: (line: string) => void
  readonly interrupted: AbortSignal
}

async function perform(acts: readonly Act[], scene: Scene, { minutes, tell, interrupted }: Performance) {
  const { recording } = scene
  let calm = false
  const watch = watchDaemon(scene, () => calm)
  const company: Company = { scene, person: personAt(scene), watch, kindNamed, tell, interrupted }
  const told = new Set<string>()
  const deadline = now() + minutes * 60_000
  try {
    await calmDown(-1, company)
    for (const act of acts) {
      if (interrupted.aborted || now() > deadline) break
      await carryOut(act, company)
      await calmDown(act.number, company)
      await delay(settles)
      calm = true
      await delay(counted)
      calm = false
      tell(actLine(scene, act))
      tellNew(violationsOf(recording, facts))
    }
  } finally {
    await watch.stop()
  }

  function tellNew(violations: readonly Violation[]): void {
    for (const violation of violations) {
      const text = violationText(recording, violation)
      if (!told.has(text)) tell(text)
      told.add(text)
    }
  }
}

function actLine({ recording }: Scene, { number, kinds: names }: Act): string {
  const at = `${((now() - recording.startedAt) / 1_000).toFixed(0)} s`
  const made = recording.standings.filter(({ act }) => act === number)
  const parts = made.map((standing) => {
    const detection = detectionOf(recording, standing)
    const seen = detection === undefined ? '' : ` seen after ${Math.round(detection)} ms`
    return `${standing.kind}${standing.detail === '' ? '' : ` (${standing.detail})`}${seen}`
  })
  const calm = recording.calms.findLast(({ act }) => act === number)
  const back =
    calm?.proceeded === undefined
      ? 'no proceed'
      : `proceed ${Math.round(calm.proceeded - calm.from)} ms after`
  return `${at.padStart(6)}  ${parts.length === 0 ? names.join(' + ') : parts.join(' + ')}; ${back}`
}
