import { readExpected, type Expected, type ExpectedField } from '../core/expected.ts'
import { askedPhases, type AskedPhase } from '../core/rollout.ts'
import { choice, UsageError, valueOf, valuesOf, type Given } from './arguments.ts'
import { printable } from './text.ts'

const optionOf: Readonly<Record<ExpectedField, string>> = {
  image: '--image',
  digest: '--digest',
  revision: '--revision',
  chart: '--chart',
  appVersion: '--app-version',
}

/**
 * What must arrive by what was given; nothing when none of it was.
 * @throws UsageError with every fault
 */
export function expectedFrom(given: Given): { readonly expected?: Expected } {
  const [revision, chart, appVersion] = ['revision', 'chart', 'app-version'].map((name) =>
    valueOf(given, name),
  )
  const { expected, faults } = readExpected({
    image: valuesOf(given, 'image'),
    digest: valuesOf(given, 'digest'),
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

/** The phase that is asked about, where one is. */
export function phaseFrom(given: Given): { readonly phase?: AskedPhase } {
  return valueOf(given, 'phase') === undefined ? {} : { phase: choice(given, 'phase', askedPhases) }
}
