import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeConfiguration, type Deviations } from './configuration.ts'
import { startDaemon, type Daemon, type Variant } from './daemon.ts'
import { within } from './deadline.ts'
import type { Hands } from './faults.ts'
import { gatesAt, type Gates } from './gates.ts'
import { startPlatform } from './platform.ts'
import type { PlatformSettings } from './platform-process.ts'
import { openStores } from './stores.ts'

export const metricsBearer = 'bench-bearer'

/** A daemon and the way to it. */
export type Watched = { readonly daemon: Daemon; readonly gates: Gates }

/** A running platform, and daemons that watch it. */
export type Scene = Hands & {
  start(name: string, variant: Variant, deviations?: Deviations): Promise<Watched>
  stop(watched: Watched): Promise<void>
}

/** Starts a platform, hands it to `measure`, and stops all that runs then, whatever happened. */
export async function withScene<T>(
  settings: Omit<PlatformSettings, 'metricsBearer'>,
  say: (text: string) => void,
  measure: (scene: Scene) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'caracal-gate-bench-'))
  const platform = await startPlatform({ metricsBearer, ...settings }, 180 + settings.seedRows / 10_000)
  const running = new Set<Watched>()
  try {
    const stores = await openStores(platform)
    const scene: Scene = {
      platform,
      stores,
      async start(name, variant, deviations) {
        const config = writeConfiguration(folder, name, platform, metricsBearer, deviations)
        const daemon = await startDaemon(config, variant)
        const watched = { daemon, gates: gatesAt(daemon.url) }
        running.add(watched)
        return watched
      },
      async stop(watched) {
        running.delete(watched)
        await watched.gates.close()
        await watched.daemon.stop()
      },
    }
    try {
      return await measure(scene)
    } finally {
      await within('the logins', 5, () => stores.close()).catch((fault: unknown) => say(String(fault)))
    }
  } finally {
    for (const { daemon, gates } of running) {
      await within('the clients of a daemon', 5, () => gates.close()).catch((fault: unknown) =>
        say(String(fault)),
      )
      await daemon.stop()
    }
    await platform.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
