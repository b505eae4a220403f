import { atMost, isTrue } from '../core/claim.ts'
import { notConfigured, type Condition } from '../core/finding.ts'
import { ofEach } from './expected.ts'
import type { Limits } from './limits.ts'
import { alertPathAge, alertPathIntact } from './signals.ts'
import { reasonOr, saidIn } from './workloads.ts'

/**
 * Every step from the exporter's metrics to a receiver that notifies is intact, as Prometheus and each Alertmanager say.
 * The notification itself leaves Alertmanager, and only its receiver knows of it.
 */
export function alertsArrive({ ageSeconds }: Limits['alerting']): Condition {
  return {
    claims: "the exporter's alerts reach a receiver that notifies",
    signals: [alertPathIntact, alertPathAge],
    judge(evidence) {
      const targets = evidence.targets(alertPathIntact)
      if (targets.length === 0)
        return [notConfigured('alerting is not configured, so whether alerts arrive is not known')]
      return ofEach(targets, [
        ...isTrue(evidence.of(alertPathIntact), alertPathIntact, {
          reason: reasonOr('alert_path_broken'),
          describe: ({ reading }) => saidIn(reading),
        }),
        ...atMost(evidence.of(alertPathAge), alertPathAge, ageSeconds, {
          reason: 'alert_path_stale',
          describe: ({ reading }, key) => `${saidIn(reading)}: ${key} is ${Math.round(reading.value)} s old`,
        }),
      ])
    },
  }
}
