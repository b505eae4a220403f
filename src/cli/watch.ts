import { readAnswer, type Answer, type CannotTell, type Demands, type Valid } from './answer.ts'
import { changesBetween } from './changes.ts'
import { exitCodeOf } from './decision.ts'
import { pathOf } from './demands.ts'
import type { ExitCode } from './exit-codes.ts'
import { ask, type Endpoint } from './http.ts'
import { canDraw } from './paint.ts'
import { systemSurroundings, type CliProcess } from './process.ts'
import type { Line, Screen } from './screen.ts'
import { waitFor, type Question } from './waiting.ts'

/** What is watched, and how it is shown. */
export interface Watched {
  readonly endpoint: Endpoint
  readonly demands: Demands
  readonly screen: Screen
  readonly linesOf: (answer: Valid) => readonly Line[]
}

/** Milliseconds after which a terminal is drawn anew without a change: what it says of times has to be true. */
const longestPoll = 2_000
/** Milliseconds for the last question, when a person has ended it. */
const lastPatience = 2_000

/**
 * Shows the verdict until it is interrupted: in place on a terminal, elsewhere a block for each change. The code is that of
 * one more question at the end, so that it never says more than is true by then.
 */
export async function watch(process: CliProcess, watched: Watched): Promise<ExitCode> {
  const { endpoint, demands } = watched
  const { interrupted } = process
  const shows = canDraw(process) ? drawing(process, watched) : printing(process, watched)
  const closed = new AbortController()
  async function asked({ poll, within }: Question, signal: AbortSignal): Promise<Answer> {
    const reply = await ask(endpoint, { path: pathOf(demands, poll), within, signal })
    return readAnswer(reply, demands, poll !== undefined)
  }
  let last: Valid | undefined
  const ended = AbortSignal.any([interrupted, closed.signal])
  const code = await waitFor(
    { until: 'interrupted', timeout: Number.POSITIVE_INFINITY, failFast: false, demands, longestPoll },
    {
      ...systemSurroundings,
      interrupted: ended,
      ask: (question) => asked(question, ended),
      heard(answer) {
        const isNews = changesBetween(last?.report, answer.report).length > 0
        last = answer
        shows.heard(answer, isNews)
        // A reader that has closed its end sees nothing of what comes.
        if ((process.lostWrites?.() ?? 0) > 0) closed.abort()
        return isNews
      },
      troubled: shows.troubled,
      alive: () => undefined,
      timedOut: () => undefined,
    },
  )
  if (!ended.aborted || interrupted.reason === 'SIGTERM') return code
  const answer = await asked({ within: lastPatience }, new AbortController().signal)
  if (answer.kind === 'valid') shows.heard(answer, answer.report.verdict !== last?.report.verdict)
  else shows.troubled(answer)
  return exitCodeOf(answer, demands)
}

interface Shows {
  readonly heard: (answer: Valid, isNews: boolean) => void
  readonly troubled: (trouble: CannotTell) => void
}

/** From the first row of the terminal down, over what was there; what was below is cleared. */
function drawing({ stdout }: CliProcess, { endpoint, screen, linesOf }: Watched): Shows {
  let before = '\u001b[2J'
  function draw(lines: readonly Line[]): void {
    const shown = [...lines]
    while (shown.length > 1 && screen.heightOf(shown) > screen.height) shown.pop()
    const rows = screen.rows(shown).map((row) => `${row}\u001b[K\n`)
    stdout.write(`${before}\u001b[H${rows.join('')}\u001b[J`)
    before = ''
  }
  return {
    heard: (answer) => draw(linesOf(answer)),
    troubled: ({ message, lasting }) =>
      draw([
        { head: 'CANNOT TELL  ', text: message },
        { text: `[${endpoint.url.href}]${lasting ? '' : '; trying again'}` },
      ]),
  }
}

function printing({ stdout, stderr }: CliProcess, { endpoint, screen, linesOf }: Watched): Shows {
  let reason: string | undefined
  let isFirst = true
  return {
    heard(answer, isNews) {
      if (!isNews && reason === undefined) return
      reason = undefined
      stdout.write(`${isFirst ? '' : '\n'}${screen.rows(linesOf(answer)).join('\n')}\n`)
      isFirst = false
    },
    troubled(trouble) {
      if (trouble.reason !== reason)
        stderr.write(
          `cannot tell: ${trouble.message} [${endpoint.url.href}]${trouble.lasting ? '' : '; trying again'}\n`,
        )
      reason = trouble.reason
    },
  }
}
