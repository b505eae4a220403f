import type { Diagnosis } from './diagnose.ts'
import { states, type State } from './finding.ts'

/** How many findings have each state. */
export function countsOf({ findings }: Diagnosis): Readonly<Record<State, number>> {
  const count = (state: State): number => findings.filter((finding) => finding.state === state).length
  return Object.fromEntries(states.map((state) => [state, count(state)])) as Record<State, number>
}

/** The diagnosis as JSON has it. */
export function diagnosisDocument(
  diagnosis: Diagnosis,
  { version, at }: { readonly version: string; readonly at: number },
): object {
  return {
    apiVersion: 'gates.caracal.run/v1',
    kind: 'Diagnosis',
    version,
    checkedAt: new Date(at).toISOString(),
    counts: countsOf(diagnosis),
    findings: diagnosis.findings.map(({ area, subject, state, message, fix = [] }) => ({
      area,
      subject,
      state,
      message,
      mend: fix,
    })),
  }
}
