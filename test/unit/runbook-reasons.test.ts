import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unknownReasons } from '../../src/core/observation.ts'
import type { Signal } from '../../src/core/signal.ts'
import { declarations, reasons } from '../../src/probes/index.ts'
import { readinessReasons } from '../../src/rules/readiness-reasons.ts'
import {
  groupConsumerIdle,
  groupConsumers,
  groupLag,
  groupLost,
  groupOldestPendingAge,
  migrationJobSucceeded,
  perReplicaGroups,
  ready,
  releasePreviousRevision,
  snapshotAge,
  workloadDesired,
  workloadDrift,
} from '../../src/rules/signals.ts'
import { platformRules } from './rules/platform-world.ts'

const root = resolve(import.meta.dirname, '../..')
const checks = platformRules().gates.flatMap((gate) => gate.checks)

/** The reasons that a page has a row for. */
function listedIn(file: string): readonly string[] {
  const text = readFileSync(join(root, 'docs', file), 'utf8')
  const rows = [...text.matchAll(/^ *\|([^|]+)\|/gm)].map(([, cell = '']) => cell)
  return rows.flatMap((cell) => [...cell.matchAll(/`([a-z_…]+)`/g)].map(([, code = '']) => code))
}

/** Of reasons that a probe gives for some of its signals alone, these signals. */
const about: Readonly<Record<string, readonly Signal[]>> = {
  release_pending: [workloadDrift],
  release_not_deployed: [workloadDrift],
  migration_job_unseen: [migrationJobSucceeded],
  redis_lag_unknown: [groupLag],
  redis_consumers_unknown: [groupConsumers],
  redis_loss_unknown: [groupLost],
  redis_clock: [groupConsumerIdle, groupOldestPendingAge],
  // It becomes the message of an unknown lag.
  redis_not_counted: [],
  redis_too_many_groups: [perReplicaGroups],
  age_unknown: [snapshotAge],
}

/** What a check asks only where it is seen, so that it gives no reason for what is not. */
const optional: Readonly<Record<string, Signal>> = {
  'workload-drift': workloadDesired,
  'service-ports': workloadDesired,
  'migration-jobs': workloadDesired,
  'consumers-alive': groupLag,
  'schema-compatibility': releasePreviousRevision,
  // Which replicas there are, whether or not they are ready.
  canary: ready,
}

/** Reasons that no check gives: of stop conditions, of revisions that are kept, and what all checks have in common. */
const elsewhere = new Set([
  'audit_tamper_detected',
  'audit_events_trimmed',
  'sts_circuit_open',
  'policy_error',
  'connection_refused_by_limit',
  'limit_unknown',
  'writes_rejected',
  'failed',
  'incomplete',
  'ok',
  'timeout',
  'late',
  'switched_off',
])

const listed = new Map(checks.map(({ id }) => [id, listedIn(`runbook/${id}.md`)]))

/** What stands in the source of rules and probes between quotes, by the file. */
function quotedIn(pattern: RegExp): ReadonlySet<string> {
  const files = ['src/rules', 'src/probes', 'src/core'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((file) => readFileSync(join(root, folder, file), 'utf8')),
  )
  return new Set(files.flatMap((text) => [...text.matchAll(pattern)].map(([, code = '']) => code)))
}

describe('what is unknown', () => {
  it('has a row in the troubleshooting of every kind', () => {
    const kinds = listedIn('operate/troubleshooting.md')
    expect(unknownReasons.filter((kind) => !kinds.includes(kind))).toEqual([])
  })
})

describe('the reasons of a check', () => {
  it.each(checks)('$id: those of the probes that it rests on have a row', ({ id, condition }) => {
    const read = condition.signals.filter((signal) => signal !== optional[id])
    const own = declarations
      .filter(({ provides }) => provides.some((signal) => read.includes(signal)))
      .flatMap((declaration) => Object.keys(declaration.reasons ?? {}))
      .filter((code) => about[code]?.some((signal) => read.includes(signal)) ?? true)
    expect(own.filter((code) => !listed.get(id)?.includes(code))).toEqual([])
  })

  it.each(checks.filter(({ id }) => id.startsWith('ready-')))(
    '$id: those that its service gives have a row',
    ({ id }) => {
      const component = id.slice('ready-'.length)
      const given = Object.entries(readinessReasons)
        .filter(([, { of }]) => of.some((one) => one === component))
        .map(([code]) => code)
      expect(given.filter((code) => !listed.get(id)?.includes(code))).toEqual([])
    },
  )

  it('are given by code where a page has a row for them', () => {
    const given = new Set([
      ...quotedIn(/'([a-z_]+)'/g),
      ...Object.keys(reasons),
      ...Object.keys(readinessReasons),
    ])
    const invented = [...listed].flatMap(([id, codes]) =>
      codes.filter((code) => !code.includes('…') && !given.has(code)).map((code) => `${id}: ${code}`),
    )
    expect(invented).toEqual([])
  })

  it('that the rules give have a row on some page', () => {
    const all = new Set([...listed.values()].flat())
    const given = quotedIn(/\b(?:reason|code)(?::| =|Or\() ?'([a-z_]+)'/g)
    expect([...given].filter((code) => !all.has(code) && !elsewhere.has(code))).toEqual([])
    expect([...elsewhere].filter((code) => all.has(code) || !given.has(code))).toEqual([])
  })
})
