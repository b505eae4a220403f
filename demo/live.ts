import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { command, openControl } from './control.ts'
import { endOf } from './daemon.ts'
import { setStage, type Stage } from './stage.ts'

/** Where the documentation, Prometheus and the command line expect an exporter. */
const usualPort = 9465
/** The demo listens on the loopback address only, and holds nothing of value. */
const token = 'demo-token-of-no-worth'
const rollout = 'demo-1'

type Tell = (text: string) => void

/** The platform and the daemon, until `interrupted`. Returns the exit code. */
export async function runLive(tell: Tell, interrupted: AbortSignal): Promise<number> {
  const port = await usualPortIfFree()
  const stage = await setStage(tell, { port, token, interrupted })
  try {
    return await show(stage, tell, interrupted)
  } finally {
    tell('stopping ...')
    await stage.stop()
  }
}

async function show(stage: Stage, tell: Tell, interrupted: AbortSignal): Promise<number> {
  const { daemon, platform, logFile } = stage
  const close = await openControl(platform.faults)
  tell(introduction(daemon.url, logFile))
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const words = line.trim().split(/\s+/)
    if (words[0] === '') return
    command(platform.faults, words).then(tell, (failure: unknown) => tell(String(failure)))
  })
  const watching = Promise.all([beginRollout(stage, tell), watchVerdict(stage, tell, interrupted)])
  const stopped = interrupted.aborted ? 0 : once(interrupted, 'abort').then(() => 0)
  const died = daemon.ended.then((code) => {
    // The log is removed with everything else.
    if (!interrupted.aborted)
      tell(`the exporter ended with code ${code}. Its log ends with:\n${endOf(logFile)}`)
    return 1
  })
  try {
    return await Promise.race([stopped, died, watching.then(() => 0)])
  } finally {
    lines.close()
    await close()
  }
}

function introduction(url: string, logFile: string): string {
  const address = new URL(url)
  const usual = address.port === String(usualPort)
  const gate = (words: string) => `npm run -s gate -- ${words}${usual ? '' : ` --url ${address.origin}`}`
  const acknowledge = gate('ack audit-dlq-growing --actor me --reason "found and removed"')
  return `
Page: ${address.origin}/
${usual ? '' : `Port ${usualPort} is in use, so the demo listens on ${address.port}.\n`}
Try this in a second terminal, in this folder, and watch the page:
  1. Break something      npm run demo -- fault audit-dlq-growing
  2. Read why             ${gate('status')}
  3. Repair it            npm run demo -- clear
  4. Acknowledge it       CARACAL_GATE_TOKEN=${token} ${acknowledge}

All faults: npm run demo -- faults. Metrics: ${address.origin}/metrics. Log: ${logFile}
Ctrl-C ends the demo and removes everything that it made.
`
}

/** Stops are remembered only within a rollout: the demo has one under way. */
async function beginRollout({ gates }: Stage, tell: Tell): Promise<void> {
  const body = { id: rollout, phase: 'rolling', actor: 'demo', reason: 'npm run demo' }
  const { status, text } = await gates.post('/rollouts', body)
  if (status >= 300) tell(`no rollout was begun: ${text}`)
}

/** Prints each change of the verdict, and of what it rests on; not every number that a summary holds. */
async function watchVerdict({ gates }: Stage, tell: Tell, interrupted: AbortSignal): Promise<void> {
  let shown = ''
  while (!interrupted.aborted) {
    const report = await gates.report().catch(() => undefined)
    const now = report && `${report.verdict} ${report.blocking[0]?.ref}`
    if (report !== undefined && now !== undefined && now !== shown) {
      shown = now
      tell(`${new Date().toISOString().slice(11, 19)} UTC  ${report.summary}`)
    }
    await pause(250, undefined, { signal: interrupted }).catch(() => undefined)
  }
}

/** 0, for any that is free, where another program has it. */
async function usualPortIfFree(): Promise<number> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(usualPort, '127.0.0.1', () => resolve(true))
  })
  if (free) await new Promise((resolve) => server.close(resolve))
  return free ? usualPort : 0
}
