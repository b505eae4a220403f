import { waiverFamilies as family } from '../contract/waiver-families.ts'
import { flag, type Judged, type Samples } from './samples.ts'

/** What does not count, until when, and what it would do. */
export function waiverSamples({ report: { notEnforced, expiredShadows } }: Judged): Samples {
  return [
    [
      family.notEnforced,
      notEnforced.map(({ ref, mode, until }) => ({ labels: [ref, mode], value: Date.parse(until) / 1_000 })),
    ],
    [
      family.wouldBlock,
      notEnforced.flatMap(({ ref, mode, would }) =>
        ['hold', 'stop'].map((verdict) => ({ labels: [ref, mode, verdict], value: flag(would === verdict) })),
      ),
    ],
    [
      family.expiredShadow,
      expiredShadows.map(({ ref, until }) => ({ labels: [ref], value: Date.parse(until) / 1_000 })),
    ],
  ]
}
