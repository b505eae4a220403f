import { selfFamilies as self, verdictFamilies as verdict } from '../../../src/contract/families.ts'
import { EVALUATION_INTERVAL } from '../../../src/daemon/engine.ts'
import { EXPIRY_INTERVALS } from '../../../src/http/document.ts'
import { barsPanel, statPanel } from '../kinds.ts'
import type { Row } from '../panels.ts'
import {
  aggregate,
  lastTime,
  LOOKBACK_SECONDS,
  max,
  select,
  stateNow,
  verdictNow,
  within,
  theRelease,
} from '../promql.ts'
import { colours, mappingsOf, phaseSet, verdictSet, viabilitySet } from '../states.ts'

/** Short, since it is written as large as a value. Every description that needs it says that it is no "go". */
const gone = 'no data'

/** When the phase that holds last did not. */
const phaseBegan = `${lastTime(`${verdict.phase.name} == 0`, ['state'])} and on (state) (${max(verdict.phase.name, ['state'])} == 1)`

const stopsInForce = `clamp_max(${max(select(verdict.stop, 'state="firing"'), ['stop_condition'])} + ${max(verdict.stopLatched.name, ['stop_condition'])}, 1)`

const required = max(verdict.steadyRequired.name)

export const verdictRow: Row = {
  id: 100,
  title: 'May I continue?',
  panels: [
    statPanel({
      id: 101,
      title: 'Verdict',
      description:
        'Only "proceed" means go. "hold": wait, and see below what is missing. "stop": a stop condition fires, or fired and is not acknowledged; do not continue. Grey (expired, no data): the exporter says nothing, which is never a go; see "Can I trust the monitor?".',
      width: 6,
      height: 8,
      unit: 'none',
      loud: true,
      mappings: mappingsOf(verdictSet, 'expired'),
      queries: [{ expr: verdictNow(verdictSet) }],
      noData: gone,
    }),
    statPanel({
      id: 102,
      title: 'Stops in force',
      description:
        'Stop conditions that fire, or fired in this rollout and are not acknowledged. Good is 0. Else see the table "Stop conditions" below: cause first, then acknowledge.',
      width: 3,
      height: 4,
      unit: 'none',
      decimals: 0,
      steps: [[1, colours.bad]],
      queries: [{ expr: aggregate('sum', stopsInForce) }],
      noData: gone,
    }),
    statPanel({
      id: 103,
      title: 'Verdict since',
      description:
        'For how long the verdict has been what it is. A hold of more than 15 minutes in a rollout wants a person; see "Why not?".',
      width: 4,
      height: 4,
      unit: 'dtdurations',
      decimals: 0,
      queries: [{ expr: `time() - ${max(verdict.verdictSince.name)}` }],
      noData: gone,
    }),
    statPanel({
      id: 104,
      title: 'Phase',
      description:
        'Phase of the current or last rollout. "idle", "done" and "failed" mean that none is under way: then nothing latches.',
      width: 4,
      height: 4,
      unit: 'none',
      mappings: mappingsOf(phaseSet),
      queries: [{ expr: stateNow(verdict.phase, phaseSet) }],
      noData: gone,
    }),
    statPanel({
      id: 105,
      title: 'Time in phase',
      description:
        'Since the phase began, as Prometheus saw it; six hours mean six or more. A migration or roll that takes longer than it used to is worth checking at "Roll progress".',
      width: 3,
      height: 4,
      unit: 'dtdurations',
      decimals: 0,
      queries: [
        {
          expr: `time() - ${aggregate('max', phaseBegan)} or ${LOOKBACK_SECONDS} * ${max(self.release.name)}`,
        },
      ],
      noData: gone,
    }),
    statPanel({
      id: 106,
      title: 'Rollback viable',
      description:
        'Whether the release can be rolled back now. "no" after a migration means: roll forward. It is a fact to know before you need it, not a fault.',
      width: 4,
      height: 4,
      unit: 'none',
      mappings: mappingsOf(viabilitySet),
      queries: [{ expr: stateNow(verdict.rollbackViable, viabilitySet) }],
      noData: gone,
    }),
    barsPanel({
      id: 107,
      title: 'Proven for, of what is required',
      description:
        'For how long everything required has been proven without a break, cut off at what is required. Good is two bars of one length; a bar that falls back to zero says that something flickers, see "What happened?".',
      width: 8,
      height: 4,
      unit: 's',
      decimals: 0,
      queries: [
        { expr: `clamp_max(${max(verdict.steady.name)}, scalar(${required}))`, legend: 'proven for' },
        { expr: required, legend: 'required' },
      ],
      noData: gone,
    }),
    statPanel({
      id: 108,
      title: 'Age of the evaluation',
      description: `How old the last evaluation was when Prometheus scraped it. Good is below ${EVALUATION_INTERVAL / 1_000} s. After ${(EXPIRY_INTERVALS * EVALUATION_INTERVAL) / 1_000} s every verdict has expired; if it stays there, or is far below zero, the clocks differ or the exporter is stuck.`,
      width: 4,
      height: 4,
      unit: 's',
      decimals: 1,
      base: colours.bad,
      steps: [
        [-(EXPIRY_INTERVALS * EVALUATION_INTERVAL) / 1_000, colours.good],
        [EVALUATION_INTERVAL / 1_000, colours.waiting],
        [(EXPIRY_INTERVALS * EVALUATION_INTERVAL) / 1_000, colours.bad],
      ],
      queries: [
        {
          expr: `round(${aggregate('min', within(theRelease, `timestamp(${self.evaluated.name}) - ${self.evaluated.name}`))}, 0.1)`,
        },
      ],
      noData: gone,
    }),
    statPanel({
      id: 109,
      title: 'Rollout',
      description:
        'Id, revision and chart of the current or last rollout. When the rollout you are looking for is not named, its pipeline has not declared it, or another one has superseded it.',
      width: 6,
      height: 4,
      unit: 'none',
      named: true,
      queries: [
        {
          expr: max(verdict.info.name, ['rollout_id', 'revision', 'chart']),
          legend: '{{rollout_id}} {{revision}} {{chart}}',
        },
      ],
      noData: 'none known',
    }),
  ],
}
