import { writeSync } from 'node:fs'
import { openStateStore } from '../../src/daemon/open-state-store.ts'
import { append } from '../../src/rollout/ledger.ts'

const clock = { now: () => performance.timeOrigin + performance.now() }

/** What to start Node with, so that `who` writes to `configMap` (namespace/name), from the line with this number on. */
export function sharedStateWriter(kubeconfig: string, configMap: string, who: string, begin = 0): string[] {
  return ['test/support/shared-state-writer.ts', kubeconfig, configMap, who, String(begin)]
}

/**
 * A daemon's part in a shared state: writes one line after the other, each of which it would not go on without, and
 * prints what the line is about when it is safe.
 */
async function write(kubeconfig: string, configMap: string, name: string, begin: number): Promise<void> {
  const [namespace = '', object = ''] = configMap.split('/')
  const state = { file: '', configMap: { namespace, name: object } }
  const kubernetes = { enabled: true, helmSecrets: false, kubeconfig }
  const store = openStateStore({ state, kubernetes }, clock)
  const loaded = await store.load()
  if (!loaded.ok) throw new Error(loaded.message)
  let { memory } = loaded
  store.follow?.((merged) => (memory = merged))
  for (let number = begin; ; number += 1) {
    const subject = `${name}-${number}`
    const event = { at: clock.now(), kind: 'acknowledged', subject, message: 'x'.repeat(100) } as const
    memory = { ...memory, ledger: append(memory.ledger, [event]) }
    await store.save(memory)
    const { ok, message } = store.status()
    writeSync(1, ok ? `${subject}\n` : `not kept: ${message}\n`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const [, program = '', kubeconfig, configMap, name, begin] = process.argv
if (program.endsWith('shared-state-writer.ts') && kubeconfig !== undefined && configMap !== undefined)
  await write(kubeconfig, configMap, name ?? '', Number(begin))
