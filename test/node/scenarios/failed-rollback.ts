import assert from 'node:assert/strict'
import type { GateReport } from '../../../src/contract/document.ts'
import type { Scenario } from '../scenarios.ts'
import type { Stage } from '../stage.ts'
import { checkIn, isDone } from '../asking.ts'

/** A version whose images are nowhere: its pods never run. */
const broken = { tag: 'v404' }

export const failedRollback: Scenario = {
  name: 'failed-rollback',
  shows:
    'X60, X63: an upgrade that Helm gives up on holds by its name and reason, and the way back is the revision that ran, not the one that failed, even after a rollback that fails too',
  async run(stage) {
    const good = await stage.revision()
    const said = await stage.helm(['get', 'values', 'caracal', '--namespace', 'platform', '--output', 'json'])
    const { tag } = JSON.parse(said) as { readonly tag: string }
    await fails(stage.upgradePlatform({ ...broken, migrations: { enabled: false } }, '--timeout', '20s'))
    await stage.both('they say that Helm failed', (report) => saysFailed(report, good + 1))
    await stage.both('they lead back to what ran', leadsTo(good))
    // Its StatefulSets hold on to the pod that never runs, so the rollback waits in vain too.
    await fails(rollback(stage, good, '20s'))
    await stage.both('they say that it failed too', (report) => saysFailed(report, good + 2))
    await stage.both('they still lead back to what ran', leadsTo(good))
    for (const component of ['sts', 'gateway'])
      await stage.kubectl('delete', 'pod', '--namespace=platform', `caracal-platform-${component}-1`)
    await rollback(stage, good, '180s')
    await stage.acknowledgeAll()
    await stage.prove(`caracal-r${good + 3}`, { tag })
    await stage.both('they may proceed', isDone(`caracal-r${good + 3}`))
  },
}

async function fails(command: Promise<unknown>): Promise<void> {
  await assert.rejects(command, 'helm gives up')
}

async function rollback(stage: Stage, revision: number, timeout: string): Promise<void> {
  await stage.helm([
    'rollback',
    'caracal',
    String(revision),
    '--namespace',
    'platform',
    '--wait',
    '--timeout',
    timeout,
  ])
}

function saysFailed(report: GateReport, revision: number): boolean {
  const { state, reason, message } = checkIn(report, 'release-deployed')
  const told = message.startsWith(`revision ${revision} has failed`)
  return report.verdict !== 'proceed' && state === 'fail' && reason === 'release_failed' && told
}

function leadsTo(revision: number): (report: GateReport) => boolean {
  return (report) =>
    new RegExp(`\\brevision ${revision}\\b`).test(checkIn(report, 'previous-revision').message)
}
