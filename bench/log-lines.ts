/** Lines that the replicas of each service have written into their logs because they were asked. */
export type Logged = Readonly<Record<string, number>>

/** Adds up what each replica has written, by service. */
export function linesByService(
  replicas: readonly {
    readonly service: string
    readonly endpoint: { readonly logged: { readonly lines: number } }
  }[],
): Logged {
  const sums: Record<string, number> = {}
  for (const { service, endpoint } of replicas) sums[service] = (sums[service] ?? 0) + endpoint.logged.lines
  return sums
}

/** Lines a minute of one replica of each service, because of one of `daemons`, between two counts that are `seconds` apart. */
export function linesAMinute(
  first: Logged,
  last: Logged,
  {
    seconds,
    replicas,
    daemons,
  }: { readonly seconds: number; readonly replicas: number; readonly daemons: number },
): Logged {
  return Object.fromEntries(
    Object.entries(last).map(([service, lines]) => [
      service,
      ((lines - (first[service] ?? 0)) * 60) / seconds / replicas / daemons,
    ]),
  )
}
