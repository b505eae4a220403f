import type { GateReport } from '../src/contract/document.ts'

/** What may never be said by one who was late himself while the platform is well, one line each. */
export function accusations({ verdict, stopConditions, gates }: GateReport): readonly string[] {
  const items = [...stopConditions, ...gates.flatMap(({ checks }) => checks)]
  return [
    ...(verdict === 'stop' ? ['the verdict is stop'] : []),
    ...stopConditions.filter(({ state }) => state === 'firing').map(({ id }) => `${id} fires`),
    ...stopConditions.filter(({ latchedAt }) => latchedAt !== null).map(({ id }) => `${id} is latched`),
    ...items.flatMap(({ id, culprits }) =>
      culprits
        .filter(({ answer }) => answer === 'unmet')
        .map(({ key, message }) => `${id} names ${key}: ${message}`),
    ),
    ...items.filter(({ unknownReason }) => unknownReason === 'timeout').map(({ id }) => `${id}: timeout`),
  ]
}

/** The age of the oldest look that a verdict rests on, in milliseconds. */
export function oldestLook({ evaluatedAt, gates, stopConditions }: GateReport): number {
  const items = [...stopConditions, ...gates.flatMap(({ checks }) => checks)]
  const ages = items
    .filter(({ state, source }) => state !== 'skipped' && source !== 'evidence')
    .map(({ lastSuccessAt }) => Date.parse(evaluatedAt) - Date.parse(lastSuccessAt ?? ''))
  return Math.max(...ages)
}

/** Whether it says that it holds for its own sake. */
export function saysStarved({ blocking, evaluator }: GateReport): boolean {
  return !evaluator.punctuality.ok && blocking.some(({ ref }) => ref === 'evaluator/starved')
}
