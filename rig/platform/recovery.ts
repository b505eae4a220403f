import { pause } from './clients.ts'
import { streams } from './streams.ts'
import type { World } from './world.ts'

/** Sends dead rows of the API's outbox again, as an operator does by SQL. */
export async function requeueApiOutbox(world: World): Promise<void> {
  await world.database.admin.query(
    `UPDATE event_outbox SET available_at = now(), attempts = 0, locked_until = NULL, locked_by = NULL
     WHERE dispatched_at IS NULL`,
  )
}

/** Sends dead rows of the Coordinator's outbox again, as its requeue call does. */
export async function requeueCoordinatorOutbox(world: World): Promise<void> {
  await world.database.admin.query(
    `UPDATE caracal_outbox SET status = 'pending', attempts = 0, available_at = now(), updated_at = now()
     WHERE status IN ('dead', 'pending')`,
  )
}

/**
 * What an operator does with policy messages that STS could not apply, or whose acknowledgement was lost; else they stay
 * until an STS starts half a minute later.
 */
export async function acknowledgeInvalidations(world: World): Promise<void> {
  const pending = (await world.redis.xpending(streams.policy, 'opa-engine', '-', '+', 1_000)) as [string][]
  if (pending.length > 0) await world.redis.xack(streams.policy, 'opa-engine', ...pending.map(([id]) => id))
}

/**
 * What a person does after an outage of Redis: waits for it, sends again what backed off or died meanwhile,
 * and replaces the replicas that wrote replay files, which drain at no other time.
 */
export async function recoverFromRedisOutage(world: World): Promise<void> {
  await until(async () => (await world.redis.ping()) === 'PONG')
  await acknowledgeInvalidations(world)
  await requeueApiOutbox(world)
  await requeueCoordinatorOutbox(world)
  for (const replica of [...world.all('sts'), ...world.all('gateway')]) {
    if ((await replica.volume.state()).files > 0) await world.replace(replica.name)
  }
}

/** Waits for Postgres, frees claimed rows and has every Gateway load its snapshot at once. */
export async function recoverFromPostgresOutage(world: World): Promise<void> {
  await until(async () => (await world.database.admin.query('SELECT 1')).rowCount === 1)
  // Rows that a replica had claimed would wait for the end of their lock.
  await requeueApiOutbox(world)
  await Promise.all(world.all('gateway').map((replica) => replica.snapshot.reload()))
}

/** Asks every 100 ms, for at most 10 s; a question that fails counts as a no. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const start = performance.now()
  while (!(await holds().catch(() => false))) {
    if (performance.now() - start > 10_000) throw new Error('The platform did not recover within 10 s')
    await pause(100)
  }
}
