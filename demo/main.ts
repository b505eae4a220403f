import { sendCommand, refuseSecond } from './control.ts'
import { endingSignal } from './ending.ts'
import { runLive } from './live.ts'
import { setStage } from './stage.ts'
import { heading, tour } from './tour.ts'

const usage = `npm run demo                               the platform and the exporter, until Ctrl-C
npm run demo -- --once                     every fault once, with a table; exit code 0 when each was noticed and blamed
npm run demo -- faults                     the faults that a running demo knows (* is on)
npm run demo -- fault NAME [REPLICA]       turns one on in the running demo
npm run demo -- clear [NAME|all]           turns one or all off
TEST_REDIS_URL, TEST_PG_URL                use these servers instead of starting some; their data is replaced`

function tell(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function runOnce(interrupted: AbortSignal): Promise<number> {
  const stage = await setStage(tell, { interrupted })
  try {
    tell(`\n${heading}`)
    const legs = await tour(stage, tell, interrupted)
    const failed = legs.filter((leg) => leg.problem !== undefined).length
    const missed = stage.platform.faults.available.length - legs.length
    tell(
      `\n${legs.length - failed} of ${legs.length + missed} faults were noticed, blamed, cleared and acknowledged`,
    )
    return failed + missed === 0 ? 0 : 1
  } finally {
    tell('stopping ...')
    await stage.stop()
  }
}

async function main(words: readonly string[]): Promise<number> {
  const [verb] = words
  if (verb === '--help' || verb === 'help') {
    tell(usage)
    return 0
  }
  if (verb === 'fault' || verb === 'clear' || verb === 'faults') {
    tell(await sendCommand(words))
    return 0
  }
  if (verb !== undefined && verb !== '--once') {
    process.stderr.write(`unknown command: ${verb}\n${usage}\n`)
    return 2
  }
  const interrupted = endingSignal()
  try {
    if (verb === '--once') return await runOnce(interrupted)
    await refuseSecond()
    return await runLive(tell, interrupted)
  } catch (failure) {
    // Interrupted while it started: what had started is stopped already.
    if (interrupted.aborted && failure === interrupted.reason) return 0
    throw failure
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((failure: unknown) => {
  process.stderr.write(`${failure instanceof Error ? failure.message : String(failure)}\n`)
  return 1
})
