import { read, type Reading } from '../../../src/core/signal.ts'
import * as signals from '../../../src/rules/signals.ts'

export function outboxReadings(): Reading[] {
  return ['api', 'coordinator'].flatMap((outbox) => [
    read(signals.outboxMessages, { outbox, state: 'pending' }, 2),
    read(signals.outboxMessages, { outbox, state: 'dead' }, 0),
    read(signals.outboxOldestPending, { outbox }, 3),
  ])
}

export function connectionReadings(): Reading[] {
  return [
    ...['api', 'sts', 'gateway', 'audit', 'coordinator'].flatMap((component) => [
      read(signals.postgresConnections, { component }, 10),
      read(signals.postgresConnectionsInUse, { component }, 4),
      read(signals.postgresConnectionLimit, { component }, 40),
    ]),
    read(signals.postgresServerConnections, {}, 50),
    read(signals.postgresServerLimit, {}, 97),
    read(signals.postgresAccepts, {}, 1),
  ]
}
