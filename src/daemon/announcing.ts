import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import { KubernetesFailure, openKubernetes } from '../connections/kubernetes.ts'
import { MINUTE, SECOND, type Clock, type Millis } from '../core/time.ts'
import { openEvents, type ClusterEvents } from '../kubernetes/events.ts'
import { announcements } from '../rollout/announcement.ts'
import type { Ledger } from '../rollout/ledger.ts'
import { steadyClock } from './clock.ts'

/** What changes of the verdict are announced from, and what may change of it while the daemon runs. */
export interface AnnouncingOptions {
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
  readonly config: () => Pick<Config, 'kubernetes'>
  readonly ledger: () => Ledger
}

export interface Announcing {
  /** Announces what is due, unless it is at that already. Never waits and never throws. */
  consider(): void
  stop(): Promise<void>
}

/** How long it is left alone after a failure; without the right, for longer. */
const AFTER_FAILURE: Millis = 10 * SECOND
const AFTER_REFUSAL: Millis = 5 * MINUTE

/** A place to announce at, for as long as the configuration names it. */
interface Place {
  readonly key: string
  readonly events: ClusterEvents
  close(): Promise<void>
}

/** Writes Events about the daemon's own Deployment, one at a time. */
export function openAnnouncing({ clock, log, config, ledger }: AnnouncingOptions): Announcing {
  let place: Place | undefined
  let busy: Promise<void> | undefined
  let notBefore = -Infinity
  let complaint = ''
  const done = new Set<string>()

  async function announce(): Promise<void> {
    place = await placeFor(config().kubernetes, place)
    if (place === undefined) return
    const due = announcements(ledger(), clock.now())
    for (const name of done) if (!due.some((one) => one.name === name)) done.delete(name)
    for (const one of due.filter(({ name }) => !done.has(name))) {
      await place.events.write(one)
      done.add(one.name)
      complaint = ''
    }
  }

  function failed(fault: unknown): void {
    const isRefusal = fault instanceof KubernetesFailure && fault.status === 403
    notBefore = steadyClock.now() + (isRefusal ? AFTER_REFUSAL : AFTER_FAILURE)
    const why = fault instanceof Error ? fault.message : String(fault)
    if (why !== complaint) log.warn({ why }, 'changes of the verdict are not announced as Events')
    complaint = why
  }

  return {
    consider() {
      if (busy !== undefined || steadyClock.now() < notBefore) return
      busy = announce()
        .catch(failed)
        .finally(() => (busy = undefined))
    },
    async stop() {
      notBefore = Infinity
      await busy
      await place?.close()
    },
  }
}

async function placeFor(
  kubernetes: Config['kubernetes'],
  before: Place | undefined,
): Promise<Place | undefined> {
  const settings = kubernetes?.enabled === true ? kubernetes.events : undefined
  const key = JSON.stringify([kubernetes, settings])
  if (before?.key === key) return before
  await before?.close()
  if (kubernetes === undefined || settings === undefined) return undefined
  // A connection of its own: that of the watches is replaced when the configuration is.
  const client = openKubernetes(kubernetes)
  const events = openEvents(client, { ...settings, instance: hostname() })
  return { key, events, close: () => client.close() }
}
