/** What is wrong with a file, and where. */
export interface Wrong {
  readonly where: string
  readonly problem: string
}
