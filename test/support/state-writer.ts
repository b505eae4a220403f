import { writeSync } from 'node:fs'
import { stateFile } from '../../src/daemon/state-file.ts'
import { append, type Event } from '../../src/rollout/ledger.ts'
import { nothingRemembered, type Memory } from '../../src/rollout/memory.ts'

/** A memory of a few hundred kilobytes that says which one it is. */
export function memoryNumber(number: number): Memory {
  const event: Event = { at: number, kind: 'transition', subject: 'verdict', message: 'x'.repeat(600) }
  const ledger = append(
    [],
    Array.from({ length: 400 }, () => event),
  )
  return { ...nothingRemembered, ledger, baselines: { number } }
}

/** Saves one memory after the other, and prints the number of each when it is safe. */
async function saveForEver(path: string): Promise<void> {
  const store = stateFile(path)
  const loaded = await store.load()
  if (!loaded.ok) throw new Error(loaded.message)
  for (let number = (loaded.memory.baselines['number'] ?? 0) + 1; ; number += 1) {
    await store.save(memoryNumber(number))
    if (!store.status().ok) throw new Error(store.status().message)
    writeSync(1, `${number}\n`)
  }
}

const [, program = '', path] = process.argv
if (program.endsWith('state-writer.ts') && path !== undefined) await saveForEver(path)
