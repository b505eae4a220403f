import { createServer } from 'node:http'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { FaultControl } from '../rig/platform/faults.ts'
import { guardFolder } from '../rig/processes.ts'

// One demo for each user and machine is what a person can look at.
const file = join(tmpdir(), `caracal-gate-demo-${userInfo().uid}`, 'control.json')
const address = z.object({ url: z.string(), pid: z.int() })

/** Carries out one line of a person's: `faults`, `fault NAME [REPLICA]`, `clear [NAME|all]`. Returns what to print. */
export async function command(faults: FaultControl, words: readonly string[]): Promise<string> {
  const [verb = '', name, replica] = words
  if (verb === 'fault' && name !== undefined) {
    const active = await faults.inject(name, replica)
    return `${active.name} is on${active.replica === undefined ? '' : ` for ${active.replica}`}`
  }
  if (verb === 'clear' && name !== undefined && name !== 'all') {
    await faults.clear(name)
    return `${name} is off`
  }
  if (verb === 'clear') {
    await faults.clearAll()
    return 'all faults are off'
  }
  const on = new Set(faults.active().map((active) => active.name))
  return faults.available
    .map((fault) => `${on.has(fault.name) ? '*' : ' '} ${fault.name.padEnd(26)} ${fault.describe}`)
    .join('\n')
}

/** Takes commands of other terminals on a loopback port. The result ends that. */
export async function openControl(faults: FaultControl): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const words = new URL(request.url ?? '/', 'http://localhost').searchParams.getAll('word')
    command(faults, words).then(
      (text) => response.end(text),
      (fault: unknown) => response.writeHead(400).end(fault instanceof Error ? fault.message : String(fault)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const release = guardFolder(dirname(file))
  writeFileSync(file, JSON.stringify({ url: `http://127.0.0.1:${port}`, pid: process.pid }))
  return async () => {
    rmSync(dirname(file), { recursive: true, force: true })
    release()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Hands a command to the demo that runs in another terminal. */
export async function sendCommand(words: readonly string[]): Promise<string> {
  const { url } = running()
  const query = new URLSearchParams(words.map((word): [string, string] => ['word', word]))
  const response = await fetch(`${url}/?${query.toString()}`)
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

/** @throws Error when a demo of this user runs already: `fault` and `clear` could not tell the two apart */
export async function refuseSecond(): Promise<void> {
  const other = await sendCommand(['faults']).then(
    () => running(),
    () => undefined,
  )
  if (other !== undefined) throw new Error(`a demo is running already, as process ${other.pid}; end it first`)
}

function running() {
  try {
    return address.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new Error('no demo is running; start one with: npm run demo')
  }
}
