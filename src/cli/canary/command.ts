import type { canaryCommandOptions } from '../canary.ts'
import type { Given, Values } from '../command.ts'
import { handIn, openSession, type Session } from '../evidence.ts'
import { exitCodes, interruptionCode, type ExitCode } from '../exit-codes.ts'
import { notAllowed, UsageError } from '../options.ts'
import { systemSurroundings, type CliProcess } from '../process.ts'
import { screenOf } from '../screen.ts'
import { printable, printableJson } from '../text.ts'
import { replicasAt, type Target } from './asking.ts'
import type { Entry } from './entries.ts'
import type { Platform } from './platform.ts'
import { found, nextStepOf } from './reasons.ts'
import { runCanary } from './running.ts'
import { settingsFrom, type Settings } from './settings.ts'
import { outcomeOf, summaryOf, tableOf } from './table.ts'

/** More replicas than that are no list of replicas: four entries of each are pushed, and 512 are taken. */
const mostReplicas = 100

export async function runCommand(
  process: CliProcess,
  values: Values<typeof canaryCommandOptions>,
  given: Given,
): Promise<ExitCode> {
  const { digest, push, output } = values
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw notAllowed('--digest', digest, 'sha256: and 64 hexadecimal digits')
  const settings = await settingsFrom(process, given)
  // Before the work: evidence counts from when the search for it began.
  const session = await openSession(process, { ...values, output: 'text', dryRun: !push }, 'canary')
  const run = crypto.randomUUID()
  const entries = await entriesOf(process, settings, run)
  if (process.interrupted.aborted) return interruptionCode(process.interrupted)
  if (output === 'text') {
    const screen = await screenOf(process)
    process.stdout.write(`${screen.rows(tableOf(entries)).join('\n')}\n`)
  }
  // One document on stdout: what handing in would write is part of it.
  const handing = output === 'text' ? session : { ...session, process: { ...process, stdout: nowhere } }
  const pushed = push ? await pushedBy(handing, entries, digest) : undefined
  if (output === 'json') {
    const shown = entries.map((entry) => ({ ...entry, nextStep: nextStepOf(entry.reason) }))
    const isPushed = pushed === exitCodes.proceed
    const { issuedAt } = session.signed
    const result = { run, issuedAt, outcome: outcomeOf(entries), pushed: isPushed, entries: shown }
    process.stdout.write(`${printableJson(result)}\n`)
  }
  return pushed === undefined || pushed === exitCodes.proceed ? codes[outcomeOf(entries)] : pushed
}

const nowhere = { write: () => true }

const codes = {
  pass: exitCodes.proceed,
  fail: exitCodes.foundFail,
  unknown: exitCodes.foundNothing,
} as const

async function entriesOf(process: CliProcess, settings: Settings, run: string): Promise<readonly Entry[]> {
  const lost: Entry[] = []
  const resolve = async (component: 'sts' | 'gateway'): Promise<readonly Target[]> => {
    const step = component === 'sts' ? 'exchange-allowed' : 'call-allowed'
    const all = await Promise.all(
      settings[component].map((url) =>
        replicasAt(url).catch((): readonly Target[] => {
          const finding = found('name_unresolved', `${printable(url.hostname, 100)} does not resolve`)
          lost.push({ component, replica: printable(url.host, 100), step, ...finding })
          return []
        }),
      ),
    )
    const targets = [...new Map(all.flat().map((target) => [target.name, target])).values()]
    if (targets.length > mostReplicas)
      throw new UsageError(
        `--${component} stands for ${targets.length} replicas; allowed: at most ${mostReplicas}`,
      )
    return targets
  }
  const replicas = { sts: await resolve('sts'), gateway: await resolve('gateway') }
  const platform: Platform = {
    settings,
    surroundings: systemSurroundings,
    way: {
      within: settings.requestTimeout,
      signal: process.interrupted,
      now: () => systemSurroundings.date().getTime(),
      ...(settings.ca !== undefined && { ca: settings.ca }),
    },
  }
  return [...lost, ...(await runCanary(platform, run, replicas))]
}

/** What is not proven is pushed as a failure: evidence has no third word, and unknown never passes. */
async function pushedBy(
  session: Session,
  entries: readonly Entry[],
  digest: string | undefined,
): Promise<ExitCode> {
  const code = await handIn(session, [
    {
      check: 'canary',
      outcome: outcomeOf(entries) === 'pass' ? 'pass' : 'fail',
      message: summaryOf(entries),
      ...(digest !== undefined && { digest }),
      replicas: entries.map(({ component, replica, step, outcome, reason, message }) => ({
        component,
        replica,
        step,
        outcome,
        reason,
        message: printable(message, 300),
      })),
    },
  ])
  return code === exitCodes.foundFail ? exitCodes.proceed : code
}
