import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A wall clock that a process has for itself, and that can be set while it runs; time goes on as steadily as ever. */
export interface SetClock {
  /** What the process has to be started with. */
  readonly env: Readonly<Record<string, string>>
  /** Sets it so many seconds ahead of the machine's. */
  set(seconds: number): void
}

/** Takes the library of the Debian package faketime. */
export function setClockIn(folder: string): SetClock {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
  if (library === undefined) throw new Error('there is no libfaketime: install faketime')
  const file = join(folder, 'clock')
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  set(0)
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
    },
    set,
  }
}
