import { describe, expect, it } from 'vitest'
import type { Rule } from '../../alerts/source/rule-file.ts'
import { platformAlerts } from '../../alerts/source/platform.ts'
import { stopConditions } from '../../alerts/source/stops.ts'
import { causeIds } from '../../src/core/cause.ts'
import { mutantsOf } from '../support/alerts/mutants.ts'
import { trials, type Outcome, type Trial } from '../support/alerts/promtool.ts'
import { recordingCases } from '../support/alerts/recording-cases.ts'
import { cases, isAlert, rules, trialOf, trialOfRecording } from '../support/alerts/rules.ts'

const names = [...new Set(rules.flatMap((rule) => (isAlert(rule) ? [rule.alert] : [])))]
const recordings = rules.flatMap((rule) => (isAlert(rule) ? [] : [rule]))

function failures(labels: readonly string[], outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap(({ passed, output }, index) =>
    passed ? [] : [`${labels[index]}:\n${output.slice(0, 3_000)}`],
  )
}

describe('alerts, told stories (promtool)', { timeout: 400_000 }, () => {
  it('have stories, each of them at least one in which it comes', () => {
    expect(
      names.filter(
        (name) => !cases.get(name)?.some(({ told }) => told.some(({ firing }) => firing.length > 0)),
      ),
    ).toEqual([])
    expect(recordings.filter(({ record }) => !recordingCases.has(record))).toEqual([])
  })

  it('come when they should, and stay away when they should not', async () => {
    const told = names.map((name) => trialOf(name))
    const recorded = recordings.map((rule) => trialOfRecording(rule, rule.record))
    const outcomes = await trials([...told, ...recorded])
    expect(failures([...names, ...recordings.map(({ record }) => record)], outcomes)).toEqual([])
  })

  it.each([
    ['stop condition', stopConditions.map(({ id }) => id)],
    ['cause', causeIds],
  ])('are the same for every %s, but for its id', (_, ids) => {
    const [pattern, ...others] = ids.map((id) =>
      rules.flatMap((rule) => {
        if (!isAlert(rule) || !rule.expr.includes(`"${id}"`)) return []
        const { expr, for: hold, keep_firing_for: keep, labels } = rule
        return { expr: expr.replaceAll(`"${id}"`, '"id"'), hold, keep, severity: labels['severity'] }
      }),
    )
    expect(pattern?.map(({ severity }) => severity)).toEqual(['critical', 'warning'])
    for (const other of others) expect(other).toEqual(pattern)
  })

  it('would be found wrong with any comparison, threshold, span, label or wait changed', async () => {
    const mutants = rules.flatMap((rule) =>
      mutantsOf(rule)
        // Of rules that are the same, one is changed in every way and all in their id.
        .filter(({ change }) => !isOneOfSecondPath(rule, change))
        .filter(({ change }) => !isOneOfMany(rule) || /(stop_condition|cause)(\[|=\[)/.test(change))
        .map(({ rule: mutant, change }): Suspect => {
          const name = isAlert(rule) ? rule.alert : rule.record
          const trial = isAlert(rule)
            ? trialOf(name, { of: rule, by: mutant })
            : trialOfRecording(mutant, rule.record)
          return { label: `${name}: ${change}`, trial }
        }),
    )
    expect(mutants.length).toBeGreaterThan(550)
    expect((await survivors(mutants)).map(({ label }) => label)).toEqual([])
  })
})

function isOneOfMany(rule: Rule): boolean {
  const others = [...stopConditions.slice(1).map(({ id }) => id), ...causeIds.slice(1)]
  return others.some((id) => rule.expr.includes(`"${id}"`))
}

/** That its stop condition counts is written alike in all rules of the second path, but for the id. */
function isOneOfSecondPath(rule: Rule, change: string): boolean {
  const [first, ...others] = platformAlerts.map(({ name }) => name)
  const isOther = isAlert(rule) && rule.alert !== first && others.includes(rule.alert)
  return isOther && /unless\b.*\bon \(cluster|on \(?\[\(cluster/.test(change.replaceAll('\n', ' '))
}

interface Suspect {
  readonly label: string
  readonly trial: Trial
}

/** Those that pass all their stories. Told one after the other, since most fail in the first. */
async function survivors(all: readonly Suspect[]): Promise<readonly Suspect[]> {
  let alive = all
  for (let story = 0; alive.some(({ trial }) => story < trial.tests.length); story += 1) {
    const told = alive.map(({ trial }) => ({ ...trial, tests: trial.tests.slice(story, story + 1) }))
    const outcomes = await trials(told)
    alive = alive.filter((_, index) => outcomes[index]?.passed !== false)
  }
  return alive
}
