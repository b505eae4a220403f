import type { Providers } from '../core/evidence.ts'
import { byText } from '../core/lists.ts'
import type { Kind } from '../kubernetes/model.ts'
import type { CommandNeed, Declaration, Reasons, Sources, TableNeed } from './declaration.ts'
import * as list from './list.ts'
import type { Pace, Probe, Watch } from './probe.ts'
import * as shared from './reasons.ts'

// By name: Node gives the members of a module in the order of their names, test runners in that of the file.
export const declarations: readonly Declaration[] = Object.values(list).toSorted((a, b) =>
  byText(a.name, b.name),
)

/** Names by which a configuration may change a probe's pace. */
export const probeNames: readonly string[] = declarations.flatMap(({ name, pace }) =>
  pace === undefined ? [] : [name],
)

/** Probes that ask replicas over HTTP. */
export const httpProbes: readonly string[] = declarations.flatMap(({ name, asks }) =>
  asks === 'services' ? [name] : [],
)

/** Every probe and watch that the installation has the connections for. */
export function openProbes(sources: Sources): {
  readonly probes: readonly Probe[]
  readonly watches: readonly Watch[]
} {
  const opened = declarations.flatMap((declaration) => declaration.open(sources) ?? [])
  return {
    probes: opened.filter((one) => 'look' in one),
    watches: opened.filter((one) => 'follow' in one),
  }
}

/** Which probe or watch gives which signal. */
export function providersOf(all: readonly Pick<Probe, 'name' | 'provides'>[]): Providers {
  return new Map(all.flatMap(({ name, provides }) => provides.map((signal) => [signal.name, name] as const)))
}

/** The probe with parts of its pace replaced; quiet attempts are never more frequent than brisk ones. */
export function atPace(probe: Probe, override: Partial<Pace> | undefined): Probe {
  if (override === undefined) return probe
  return {
    ...probe,
    pace(target) {
      const own = probe.pace(target)
      const wanted = { ...own, ...override }
      const brisk = probe.rationed ? Math.max(own.brisk, wanted.brisk) : wanted.brisk
      const quiet = probe.rationed ? Math.max(own.quiet, wanted.quiet) : wanted.quiet
      return { brisk, quiet: Math.max(brisk, quiet), timeout: wanted.timeout }
    },
  }
}

/** All tables that statements read, with the probe that reads each; helm/files/grants.sql grants them. */
export const tablesRead: readonly (TableNeed & { readonly probe: string })[] = declarations.flatMap(
  ({ name, needs }) => (needs?.tables ?? []).map((need) => ({ ...need, probe: name })),
)

/** Predefined roles of Postgres that the login needs. */
export const rolesNeeded: readonly string[] = declarations.flatMap(({ needs }) => needs?.role ?? [])

/** All commands that are sent, each once; helm/files/redis-acl.txt permits them. */
export const commandNeeds: readonly CommandNeed[] = [
  ...Map.groupBy(
    declarations.flatMap(({ needs }) => needs?.commands ?? []),
    ({ rule }) => rule,
  ).values(),
].flatMap((same) => {
  const [first] = same
  if (first === undefined) return []
  return [{ ...first, tries: (streams, dead) => same.flatMap(({ tries }) => tries(streams, dead)) }]
})

/** Kinds of objects of the cluster that anything is made from; the Role of the chart permits to follow them. */
export const kindsFollowed: readonly Kind[] = [
  ...new Set(declarations.flatMap(({ needs }) => needs?.kinds ?? [])),
]

/** Every reason code that a probe may give, with what it means and what fixes it. */
export const reasons: Reasons = Object.assign(
  {},
  ...Object.values(shared),
  ...declarations.map((declaration) => declaration.reasons ?? {}),
) as Reasons

/** The lines that fix a reason. A fact that is not given is left to the reader, as `<name>`. */
export function remedyOf(reason: string, facts: Readonly<Record<string, string>> = {}): readonly string[] {
  const [, ...fix] = Object.hasOwn(reasons, reason) ? (reasons[reason] ?? []) : []
  return fix
    .map((line) => line.replace(/\{(\w+)\}/g, (_, name: string) => facts[name] ?? `<${name}>`))
    .filter((line) => line !== '')
}
