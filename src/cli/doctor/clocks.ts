import { decodeTime } from '../../probes/redis-stream-info.ts'
import { PostgresFailure } from '../../connections/postgres-failure.ts'
import { loginFrom, readConfig } from '../../connections/kubernetes-credentials.ts'
import { KubernetesFailure } from '../../connections/kubernetes.ts'
import { inWords, SECOND, type Millis } from '../../core/time.ts'
import type { Area, Installation } from './area.ts'
import { askDaemon } from './daemon.ts'
import { failed, ok, skipped, warning, type Found } from './finding.ts'
import { askWeb, type WebAnswer } from './web.ts'

/** Whether other clocks agree with the one here; the one that is alone is wrong. */
export const clocks: Area = {
  name: 'clocks',
  title: 'Clocks',
  async check(installation) {
    const compared = await Promise.all([
      redisClock(installation),
      postgresClock(installation),
      apiServerClock(installation),
      daemonClock(installation),
    ])
    return judgeClocks(compared)
  },
}

/** A clock beside ours. */
export type Compared =
  | {
      readonly name: string
      /** What it is ahead of ours; negative when it is behind. */
      readonly ahead: Millis
      /** How far that may be off, by the way of the answer and the fineness of what it says. */
      readonly uncertainty: Millis
    }
  | { readonly name: string; readonly unseen: string }

/** A document of /gates is good for 3 s: a reader that is further ahead finds each one expired. */
export const WARN_AHEAD: Millis = 2 * SECOND

/** The alert CaracalGateExporterStalled grants 30 s to clocks that differ; at 60 s pushed evidence is refused. */
export const FAIL_AHEAD: Millis = 30 * SECOND

export function judgeClocks(compared: readonly Compared[]): readonly Found[] {
  const told = compared.flatMap((one) => ('ahead' in one ? [one] : []))
  const isOurs =
    told.length > 1 && told.every(({ ahead, uncertainty }) => Math.abs(ahead) - uncertainty > WARN_AHEAD)
  return compared.map((one) => judgeClock(one, isOurs))
}

function judgeClock(compared: Compared, isOurs: boolean): Found {
  if ('unseen' in compared) return skipped(compared.name, compared.unseen)
  const { name, ahead, uncertainty } = compared
  const least = Math.abs(ahead) - uncertainty
  const way = ahead > 0 ? 'ahead of' : 'behind'
  if (least <= WARN_AHEAD)
    return ok(name, `agrees with the clock here within ${inWords(Math.abs(ahead) + uncertainty)}`)
  const where = isOurs ? 'on this host, whose clock disagrees with all others' : `on the host of ${name}`
  const fix = [`chronyc makestep   # ${where}; without chrony: timedatectl set-ntp true`]
  const message = `${inWords(Math.abs(ahead))} ${way} the clock here`
  if (least > FAIL_AHEAD)
    return failed(name, `${message}: alerts and evidence go wrong from ${inWords(FAIL_AHEAD)} on`, fix, [
      'redis_clock',
      'outbox_age_negative',
    ])
  return warning(name, `${message}: a verdict is good for 3 s, so readers may find each one expired`, fix)
}

/** Compares a time that was told between two readings of our clock. */
function compare(name: string, theirs: number, sentAt: number, took: Millis, grain: Millis = 0): Compared {
  return {
    name,
    ahead: Math.round(theirs + grain / 2 - (sentAt + took / 2)),
    uncertainty: Math.ceil((took + grain) / 2),
  }
}

async function redisClock({ redis, clock }: Installation): Promise<Compared> {
  const name = 'Redis'
  // The first one dials; the second one takes as long as an answer does.
  await redis.run([['TIME']])
  const sentAt = clock.now()
  const [reply] = await redis.run([['TIME']])
  const took = clock.now() - sentAt
  if (reply?.ok !== true) return { name, unseen: reply?.unavailable.message ?? 'no answer' }
  const theirs = decodeTime(reply.value)
  return theirs === undefined ? { name, unseen: 'TIME is no time' } : compare(name, theirs, sentAt, took)
}

async function postgresClock({ postgres, clock }: Installation): Promise<Compared> {
  const name = 'Postgres'
  const text = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now'
  try {
    await postgres.query('doctor-clock', text)
    const sentAt = clock.now()
    const [row] = await postgres.query<{ readonly now: number }>('doctor-clock', text)
    const took = clock.now() - sentAt
    return row === undefined ? { name, unseen: 'no row' } : compare(name, row.now, sentAt, took)
  } catch (fault) {
    if (fault instanceof PostgresFailure) return { name, unseen: fault.message }
    throw fault
  }
}

async function apiServerClock({ config, clock, over }: Installation): Promise<Compared> {
  const name = 'API server'
  if (config.kubernetes?.enabled !== true) return { name, unseen: 'there is no cluster in the configuration' }
  try {
    const { origin, prefix, tls, headers } = await loginFrom(await readConfig(config.kubernetes))
    return byDate(name, await askWeb(`${origin}${prefix}/livez`, { headers, ...tls, clock, over }))
  } catch (fault) {
    if (fault instanceof KubernetesFailure) return { name, unseen: fault.message }
    throw fault
  }
}

async function daemonClock(installation: Installation): Promise<Compared> {
  return byDate('exporter', await askDaemon(installation, 'healthz'))
}

function byDate(name: string, answer: WebAnswer | { readonly fault: string }): Compared {
  if ('fault' in answer) return { name, unseen: answer.fault }
  if (answer.date === undefined) return { name, unseen: 'its answer has no date' }
  return compare(name, answer.date, answer.sentAt, answer.took, SECOND)
}
