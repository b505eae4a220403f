import { inWords } from '../core/time.ts'
import type { Answer, CannotTell, Demands, Valid } from './answer.ts'
import { changesBetween } from './changes.ts'
import type { Reach } from './connect.ts'
import { decide, requiredSteady } from './decision.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { annotate, inert } from './github.ts'
import { canDraw, meaningOf, type Paint } from './paint.ts'
import type { CliProcess, Surroundings } from './process.ts'
import { rendered, type Output } from './rendering.ts'
import type { Screen } from './screen.ts'
import { clockTime, printableJson, quoted } from './text.ts'
import type { Conversation } from './waiting.ts'
import { actionOn } from './wording.ts'

/** How `wait` is to be told of. */
export interface Telling {
  readonly process: CliProcess
  readonly output: Output
  readonly forGithub: boolean
  readonly url: URL
  readonly reach: Reach
  readonly demands: Demands
  /** Milliseconds that the wait may take. */
  readonly timeout: number
  readonly paint: Paint
  readonly screen: Screen
}

type Told = Pick<Conversation, 'heard' | 'troubled' | 'alive' | 'timedOut'>

/**
 * Writes what happens: changes are results, everything else is a message. On a terminal the last row says how far it is,
 * and is written over.
 */
export function telling(
  told: Telling,
  surroundings: Surroundings,
): Told & { readonly finished: (code: ExitCode) => Promise<void> } {
  const { process, output, url, demands, timeout } = told
  const { stdout, stderr } = process
  // With another output, stdout is for the one document at the end.
  const data = output === 'text' ? stdout : stderr
  const rows = rowsOn(told, surroundings)
  const begun = surroundings.now()
  const spent = (): string => inWords(surroundings.now() - begun)
  let last: Valid | undefined
  let trouble: CannotTell | undefined

  function summary(): string {
    return trouble === undefined
      ? (last?.report.summary ?? 'nothing heard yet')
      : `cannot tell: ${trouble.message}`
  }
  function draw(): void {
    const word = trouble === undefined && last !== undefined ? decide(last.report, demands) : 'cannot tell'
    const far = last === undefined ? [] : progressOf(last, demands)
    rows.progress(word, [`waiting ${spent()} of ${inWords(timeout)}`, ...far].join(', '))
  }
  return {
    heard(answer) {
      if (trouble !== undefined) rows.line(stderr, 'the exporter answers again')
      trouble = undefined
      const changes = changesBetween(last?.report, answer.report)
      last = answer
      for (const change of changes) rows.line(data, change)
      draw()
      return changes.length > 0
    },
    troubled(current) {
      // Numbers in the message move; the reason is what makes it another trouble.
      if (trouble?.reason !== current.reason)
        rows.line(
          stderr,
          `cannot tell: ${current.message} [${url.href}]${current.lasting ? '' : '; trying again'}`,
        )
      trouble = current
      draw()
    },
    alive(left) {
      const far = last === undefined ? '' : `; ${progressOf(last, demands).join(', ')}`
      if (!drawsOn(told))
        rows.line(stderr, `still waiting after ${spent()}, ${inWords(left)} left${far}. ${summary()}`)
    },
    timedOut() {
      rows.line(stderr, `timed out after ${spent()}. ${summary()}`)
    },
    async finished(code) {
      rows.clear()
      const next = nextStep(code, last, told.reach)
      if (next !== '') rows.line(data, `${closing[code] ?? 'ended'} after ${spent()}; next: ${next}`)
      await handOver(told, code, trouble ?? last)
    },
  }
}

/** Whether the last row is kept for how far it is. */
function drawsOn({ process, output, forGithub }: Telling): boolean {
  return output === 'text' && !forGithub && canDraw(process)
}

/** Lines with their time, and below them the row that is written over. */
function rowsOn(told: Telling, { date }: Surroundings) {
  const { forGithub, paint, screen } = told
  const { stdout } = told.process
  const draws = drawsOn(told)
  const clear = (): void => void (draws && stdout.write('\r\u001b[K'))
  return {
    clear,
    line(stream: CliProcess['stdout'], text: string): void {
      clear()
      const rows = screen.rows([{ head: `${clockTime(date())} `, text }]).join('\n')
      stream.write(`${forGithub ? inert(rows) : rows}\n`)
    },
    progress(word: string, text: string): void {
      if (!draws) return
      const [row = ''] = screen.rows([{ head: `${paint(word.toUpperCase(), meaningOf(word))}  `, text }])
      stdout.write(`\r\u001b[K${row}`)
    },
  }
}

/** What other programs get at the end: the last document, a note, a report, annotations. */
async function handOver(
  { process, output, forGithub, url, demands }: Telling,
  code: ExitCode,
  answer: Answer | undefined,
): Promise<void> {
  if (answer === undefined) return
  const { stdout } = process
  if (output === 'json' && answer.kind === 'valid') stdout.write(`${printableJson(answer.document)}\n`)
  const ended = endedEarly(code) ?? answer
  if (output === 'markdown' || output === 'junit') stdout.write(rendered(output, ended, demands))
  if (forGithub) await annotate(process, output, { answer: ended, demands, code, base: url })
}

/** The phase, and how long it has been steady of how long it must. */
function progressOf({ report }: Valid, demands: Demands): readonly string[] {
  const { rollout, steadySeconds } = report
  const steady = `steady ${inWords(steadySeconds * 1_000)} of ${inWords(requiredSteady(report, demands))}`
  return [...(rollout.id === null ? [] : [rollout.phase]), steady]
}

const closing: Partial<Readonly<Record<ExitCode, string>>> = {
  [exitCodes.proceed]: 'may proceed',
  [exitCodes.stop]: 'stopped',
  [exitCodes.timedOut]: 'timed out',
  [exitCodes.superseded]: 'ended with the rollout',
  [exitCodes.blindSpot]: 'nothing is known',
}

/** What a person does next; empty where there is nothing. */
function nextStep(code: ExitCode, last: Valid | undefined, reach: Reach): string {
  const report = last?.report
  if (code === exitCodes.superseded) return `caracal-gate rollouts${reach.read}`
  if (report === undefined) return ''
  if (code === exitCodes.proceed) {
    const { id, phase } = report.rollout
    return id === null || phase === 'done'
      ? ''
      : `caracal-gate finish ${quoted(id)} --outcome done${reach.write}`
  }
  if (code !== exitCodes.stop && code !== exitCodes.timedOut) return ''
  const [cause] = report.blocking
  return (cause && actionOn(cause, report, reach)) || `caracal-gate explain${reach.read}`
}

/** An interrupted wait says nothing about the rollout, whatever the last answer was. */
function endedEarly(code: ExitCode): CannotTell | undefined {
  if (code !== exitCodes.interrupted && code !== exitCodes.terminated) return undefined
  return { kind: 'cannot-tell', reason: 'interrupted', message: 'the wait was interrupted', lasting: false }
}
