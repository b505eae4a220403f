/** What the program ends with. A pipeline may rely on these: 0 is never given while anything is in doubt. */
export const exitCodes = {
  proceed: 0,
  internalError: 1,
  usage: 2,
  hold: 3,
  stop: 4,
  blindSpot: 5,
  timedOut: 6,
  superseded: 7,
  foundFail: 8,
  foundNothing: 9,
  refused: 10,
  unknownId: 11,
  different: 12,
  notVerified: 13,
  unproven: 14,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What each code means, in the order of the help. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.proceed, 'proceed; or the command did what it was asked'],
  [exitCodes.internalError, 'internal error, which says nothing about the rollout'],
  [exitCodes.usage, 'wrong usage or configuration'],
  [exitCodes.hold, 'hold'],
  [exitCodes.stop, 'stop'],
  [exitCodes.blindSpot, 'cannot tell: unreachable, unauthorised, expired or not understood'],
  [exitCodes.timedOut, 'wait: the time was over and the verdict was still hold'],
  [
    exitCodes.superseded,
    'the rollout that was asked about is not the current one, failed, or was finished by force',
  ],
  [exitCodes.foundFail, 'evidence: fail was found, and pushed; canary: something failed'],
  [
    exitCodes.foundNothing,
    'evidence: nothing could be found out, and nothing was pushed; canary: something is not proven',
  ],
  [exitCodes.refused, 'begin, finish, ack, override: refused, as it contradicts what is recorded'],
  [exitCodes.unknownId, 'there is no such rollout, gate, check, stop condition, override or recording'],
  [exitCodes.different, 'replay: something would have been different'],
  [exitCodes.notVerified, 'verify: the file is not as the exporter wrote it, or not signed by the key'],
  [exitCodes.unproven, 'verify: the file is unchanged, but no key proves where it comes from'],
  [exitCodes.interrupted, 'ended by SIGINT'],
  [exitCodes.terminated, 'ended by SIGTERM'],
]

/** Codes that any command may end with. */
export const commonExitCodes: readonly ExitCode[] = [
  exitCodes.internalError,
  exitCodes.usage,
  exitCodes.interrupted,
  exitCodes.terminated,
]

/** The code of a command that a signal ended. */
export function interruptionCode(interrupted: AbortSignal): ExitCode {
  return interrupted.reason === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted
}
