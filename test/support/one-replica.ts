import { openHttp, type Http } from '../../src/connections/http.ts'
import type { Observation } from '../../src/core/observation.ts'
import { type Probe } from '../../src/probes/probe.ts'
import { observe } from '../../src/probes/observe.ts'
import type { Component, Discovery, Replica } from '../../src/probes/replicas.ts'
import { hanging, misbehavingServer, type MisbehavingServer } from './misbehaving-server.ts'

/** One replica that misbehaves as it is told, and what a probe needs to look at it. */
export interface OneReplica {
  readonly http: Http
  readonly server: MisbehavingServer
  /** Moved by the test. */
  readonly clock: { time: number; now(): number }
  readonly discovery: Discovery
  /** Lists the server as the only replica. */
  listAs(component: Component, url?: string): void
  /** Lists these replicas from now on. */
  list(replicas: readonly Replica[]): void
  /** Looks at the first target; a fault of ours fails the test, and so does a secret in what was seen. */
  look(probe: Probe): Promise<Observation>
  close(): Promise<void>
}

export async function oneReplica(secret: string): Promise<OneReplica> {
  const http = openHttp()
  const server = await misbehavingServer(hanging)
  const clock = { time: 1_000_000, now: () => clock.time }
  let replicas: readonly Replica[] = []
  return {
    http,
    server,
    clock,
    discovery: { replicas: () => replicas },
    listAs(component, url = server.url) {
      replicas = [{ component, name: `${component}-1`, url }]
    },
    list: (next) => void (replicas = next),
    async look(probe) {
      const [target] = probe.targets()
      if (target === undefined) throw new Error('no target')
      const observation = await observe(probe, target, clock, 60_000, (_, id, fault) => {
        throw new Error(`a fault of ours at ${id}`, { cause: fault })
      })
      if (JSON.stringify(observation).includes(secret)) throw new Error('a secret in what was seen')
      return observation
    },
    async close() {
      await http.close()
      await server.close()
    },
  }
}
