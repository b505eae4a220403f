// Records a rollout for each fault of the simulated platform that makes a stop condition fire, for test/recordings:
//   node_modules/.bin/node scripts/record-faults.ts [fault...]
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from '../rig/platform/fault.ts'
import type { RecordingList } from '../src/contract/recordings.ts'
import { eventually } from '../test/support/waiting.ts'
import { author, isFiring, setGround, type Gate, type Ground } from '../test/support/daemon.ts'

const target = join(import.meta.dirname, '..', 'test', 'recordings')

/** Seconds for each turn. */
const patience = 60

/** One rollout: the fault comes while it is under way, and goes again. */
async function live({ platform }: Ground, gate: Gate, { name, stopCondition }: Fault): Promise<void> {
  // What the fault before this one left may still count.
  await gate.until(
    'no replica is at fault',
    ({ stopConditions }) => stopConditions.every(({ state }) => state !== 'unknown'),
    patience,
  )
  await gate.post('/rollouts', { id: name, phase: 'rolling', ...author })
  await gate.until('proceed in the rollout', (report) => report.rollout.id === name, patience)
  await platform.faults.inject(name)
  await gate.until(`${name} is seen`, isFiring(stopCondition ?? name), patience)
  await platform.faults.clear(name)
  await gate.post(`/rollouts/${name}/finish`, { outcome: 'failed', ...author })
}

async function main(wanted: readonly string[]): Promise<void> {
  const ground = await setGround({
    platform: { replicas: { api: 1, sts: 1, gateway: 2, audit: 1, coordinator: 1 } },
  })
  try {
    const directory = join(ground.folder, 'recordings')
    ground.configure((configuration) => void (configuration['recording'] = { directory }))
    const gate = await ground.start()
    const faults = ground.platform.faults.available.filter(
      ({ name, stopCondition }) =>
        stopCondition !== undefined && (wanted.length === 0 || wanted.includes(name)),
    )
    for (const fault of faults) await live(ground, gate, fault)
    // The last file is closed a moment after its rollout.
    const isClosed = (one: RecordingList) =>
      faults.every(({ name }) =>
        one.recordings.some(({ complete, rollouts }) => complete && rollouts.includes(name)),
      )
    await eventually('every file is closed', async () =>
      isClosed((await gate.get('/recordings')).json<RecordingList>()),
    )
    const list = (await gate.get('/recordings')).json<RecordingList>()
    await gate.stop()
    await mkdir(target, { recursive: true })
    for (const { name } of faults) {
      const found = list.recordings.find(({ rollouts }) => rollouts.includes(name))
      if (found === undefined) throw new Error(`nothing was recorded of ${name}`)
      await copyFile(join(directory, found.name), join(target, `${name}.jsonl.zst`))
      process.stdout.write(`${name}: ${found.bytes} bytes\n`)
    }
  } finally {
    await ground.end()
  }
}

await main(process.argv.slice(2))
