import { inExpectedWords, readExpected, type Expected, type ExpectedField } from '../core/expected.ts'
import { askedPhases } from '../core/rollout.ts'
import type { Demands } from './answer.ts'
import type { Values } from './command.ts'
import { oneOf, span, text, texts, UsageError } from './options.ts'
import { printable } from './text.ts'

/** What must arrive, as `begin` declares it and every question may demand it. */
export const expectedOptions = {
  image: texts(
    'SUBJECT=REF',
    'image that every replica must run; SUBJECT is a component or component/container',
  ),
  digest: texts('SUBJECT=DIGEST', 'its digest; any of several for one subject is right'),
  revision: text('NUMBER', 'revision of the Helm release'),
  chart: text('TEXT', 'chart with its version, e.g. caracal-1.9.1'),
  appVersion: text('TEXT', 'application version of the chart'),
}

export const rolloutOption = {
  rollout: text('ID', 'the rollout that is meant; exit 7 when it is not the current one', {
    completes: 'rollouts',
  }),
}

/** What a question about the verdict demands. */
export const demandOptions = {
  ...rolloutOption,
  steady: span('1s', '24h', 'all gates must have passed for this long, e.g. 5m (longer than configured)'),
  ...expectedOptions,
  phase: oneOf(
    askedPhases,
    'ask whether it may proceed from this phase, by the checks of that phase (default: all)',
  ),
}

const optionOf: Readonly<Record<ExpectedField, string>> = {
  image: '--image',
  digest: '--digest',
  revision: '--revision',
  chart: '--chart',
  appVersion: '--app-version',
}

/** The demands that were given, and nothing of the others. */
export function demandsFrom({ steady, phase, ...values }: Values<typeof demandOptions>): Demands {
  return {
    ...rolloutFrom(values),
    ...expectedFrom(values),
    ...(phase !== undefined && { phase }),
    ...(steady !== undefined && { steady }),
  }
}

/**
 * What must arrive by what was given; nothing when none of it was.
 * @throws UsageError with every fault
 */
export function expectedFrom({ revision, chart, appVersion, ...lists }: Values<typeof expectedOptions>): {
  readonly expected?: Expected
} {
  const { expected, faults } = readExpected({
    image: lists.image,
    digest: lists.digest,
    ...(revision !== undefined && { revision }),
    ...(chart !== undefined && { chart }),
    ...(appVersion !== undefined && { appVersion }),
  })
  if (faults.length > 0) {
    const lines = faults.map(
      ({ field, value, allowed }) => `${optionOf[field]} is "${printable(value, 120)}"; allowed: ${allowed}`,
    )
    throw new UsageError(lines.join('\n'))
  }
  return expected === undefined ? {} : { expected }
}

/** The id of a rollout as the exporter takes it. */
export function rolloutFrom({ rollout }: Values<typeof rolloutOption>): { readonly rollout?: string } {
  if (rollout === undefined) return {}
  if (rollout.length > 200) throw new UsageError('--rollout is too long; allowed: 1 to 200 characters')
  return { rollout }
}

/** The path of a question about the verdict. */
export function pathOf(demands: Demands, poll?: { readonly wait: number; readonly index: string }): string {
  const { rollout, steady, maxAge, phase, expected = {} } = demands
  const query = new URLSearchParams()
  const parameters = {
    rollout,
    steady: steady && `${steady}ms`,
    maxAge: maxAge && `${maxAge}ms`,
    phase,
    ...inExpectedWords(expected),
    ...(poll && { wait: `${Math.floor(poll.wait)}ms`, index: poll.index }),
  }
  for (const [name, given] of Object.entries(parameters))
    for (const value of [given ?? []].flat()) query.append(name, String(value))
  return query.size === 0 ? 'gates' : `gates?${query.toString()}`
}
