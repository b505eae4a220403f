/** What must arrive: all of it. Images and digests by component or `component/container`. */
export interface ExpectedReport {
  readonly images: Readonly<Record<string, string>>
  /** Of each subject any one will do. */
  readonly digests: Readonly<Record<string, readonly string[]>>
  readonly revision: string | null
  readonly chart: string | null
  readonly appVersion: string | null
}
