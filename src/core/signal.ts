/** What a number counts; the word that stands behind it in messages and in `observed.unit`. */
export const units = [
  'seconds',
  'bytes',
  'entries',
  'rows',
  'files',
  'connections',
  'replicas',
  'groups',
  'consumers',
  'versions',
  'fields',
  'keys',
  'objects',
  'pods',
  'events',
  'ratio',
  'boolean',
] as const
export type Unit = (typeof units)[number]

export type Labels = Readonly<Record<string, string>>

/**
 * One thing that can be measured. Probes write it, conditions read it and `/metrics` exposes it under its name, so
 * the name follows Prometheus' conventions (base unit as suffix, `_total` for counters only).
 */
export interface Signal<Label extends string = string> {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly unit: Unit
  readonly labels: readonly Label[]
  /** The components that give it; absent when it is not about a component, or every one gives it. */
  readonly components?: readonly string[]
}

/** What a reading says beside its value, as data. A fact has one meaning in all signals. */
export interface Facts {
  /** Code of what is wrong, such as `crash_loop`; it becomes the reason of the finding. */
  readonly code?: string
  /** Uid of the Job that the reading is about. */
  readonly uid?: string
  /** Helm's word for the state of a revision: `deployed`, `pending-upgrade`, `failed`, ... */
  readonly status?: string
  /** Chart of a revision with its version, such as `caracal-1.9.1`. */
  readonly chart?: string
  /** Digest of a revision's manifest. */
  readonly digest?: string
  /** Images of a pod template, in the order of its containers. */
  readonly images?: readonly string[]
}

/** One measured value. `detail` is a text for people and nothing is read from it: what rules need is in `facts`. */
export interface Reading {
  readonly signal: string
  readonly labels: Labels
  readonly value: number
  readonly detail?: string
  readonly facts?: Facts
}

type Described = Pick<Signal, 'help' | 'components'>

/** Declares a gauge; the label names become part of its type, so that a reading cannot forget one. */
export function gauge<const Label extends string>(
  name: string,
  unit: Unit,
  labels: readonly Label[],
  described: Described,
): Signal<Label> {
  return { name, type: 'gauge', unit, labels, ...described }
}

/** Declares a counter, whose value begins at 0 when what it is about starts anew. */
export function counter<const Label extends string>(
  name: string,
  unit: Unit,
  labels: readonly Label[],
  described: Described,
): Signal<Label> {
  return { name, type: 'counter', unit, labels, ...described }
}

/**
 * Makes a reading of `signal`.
 * @throws RangeError when the value is not a finite number: NaN is not evidence, and the caller must say so instead.
 */
export function read<Label extends string>(
  signal: Signal<Label>,
  labels: Readonly<Record<Label, string>>,
  value: number,
  detail?: string,
  facts?: Facts,
): Reading {
  if (!Number.isFinite(value)) throw new RangeError(`${signal.name} is ${value}, which is not a measurement`)
  return {
    signal: signal.name,
    labels,
    value,
    ...(detail !== undefined && { detail }),
    ...(facts !== undefined && { facts }),
  }
}
