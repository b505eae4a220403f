import { createInterface } from 'node:readline'
import { command, openControl, sendCommand } from './control.ts'
import { setStage, type Stage } from './stage.ts'
import { heading, tour } from './tour.ts'

const usage = `npm run demo                               the platform and the daemon, until Ctrl-C
npm run demo -- --once                     every fault once, with a table; exit code 0 when all went as it must
npm run demo -- faults                     the faults that a running demo knows (* is on)
npm run demo -- fault NAME [REPLICA]       turns one on in the running demo
npm run demo -- clear [NAME|all]           turns one or all off
TEST_REDIS_URL, TEST_PG_URL                use these servers instead of starting some; their data is replaced`

function tell(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function runOnce(stage: Stage, interrupted: AbortSignal): Promise<number> {
  tell(`\n${heading}`)
  const legs = await tour(stage, tell, interrupted)
  const failed = legs.filter((leg) => leg.problem !== undefined).length
  const missed = stage.platform.faults.available.length - legs.length
  tell(
    `\n${legs.length - failed} of ${legs.length + missed} faults were noticed, blamed, cleared and acknowledged`,
  )
  return failed + missed === 0 ? 0 : 1
}

async function runLive(stage: Stage, interrupted: AbortSignal): Promise<number> {
  const { daemon, platform, token, logFile } = stage
  const close = await openControl(platform.faults)
  tell(`
The daemon watches ${platform.replicas.length} replicas. Look at it:
  curl -s ${daemon.url}/gates | head -c 600
  curl -s ${daemon.url}/metrics | grep caracal_rollout_verdict
  node src/main.ts status --url ${daemon.url}
Write to it (begin a rollout, acknowledge a stop):
  curl -s -X POST -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' ${daemon.url}/rollouts -d '{"id":"try","actor":"me","reason":"trying"}'
Its log: ${logFile}
Break something: type  fault audit-dlq-growing  or  clear  or  faults  here,
or in another terminal: npm run demo -- fault audit-dlq-growing
`)
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const words = line.trim().split(/\s+/)
    if (words[0] === '') return
    command(platform.faults, words).then(tell, (fault: unknown) => tell(String(fault)))
  })
  const stopped = new Promise<number>((resolve) => {
    interrupted.addEventListener('abort', () => resolve(0))
  })
  const died = daemon.ended.then((code) => {
    if (!interrupted.aborted) tell(`the daemon ended with code ${code}; see ${logFile}`)
    return 1
  })
  const watching = watchVerdict(stage, interrupted)
  const code = await Promise.race([stopped, died])
  lines.close()
  await watching
  await close()
  return code
}

/** Prints each change of the verdict. */
async function watchVerdict({ gates }: Stage, interrupted: AbortSignal): Promise<void> {
  let shown = ''
  while (!interrupted.aborted) {
    const report = await gates.report().catch(() => undefined)
    if (report !== undefined && report.summary !== shown) {
      shown = report.summary
      tell(`${new Date().toISOString().slice(11, 19)}  ${shown}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
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
    process.stderr.write(`unknown: ${verb}\n${usage}\n`)
    return 2
  }
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort())
  const stage = await setStage(tell)
  try {
    return await (verb === '--once' ? runOnce(stage, abort.signal) : runLive(stage, abort.signal))
  } finally {
    tell('stopping ...')
    await stage.stop()
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof Error ? fault.message : String(fault)}\n`)
  return 1
})
