import { counter, gauge, type Family } from './family.ts'

/** Every state has a series, so that an expression never meets one that is missing. */
export const oneIsSet = 'All states are present, exactly one of them is 1.'

/** Stop conditions, and the causes that explain them. */
export const stopFamilies = {
  stop: gauge(
    'caracal_rollout_stop_condition_state',
    `State of the stop condition. ${oneIsSet}`,
    'stop_condition',
    'state',
  ),
  stopLatched: gauge(
    'caracal_rollout_stop_condition_latched',
    'Whether the stop condition fired during this rollout and is not acknowledged (1).',
    'stop_condition',
  ),
  stopLatchedAt: gauge(
    'caracal_rollout_stop_condition_latched_timestamp_seconds',
    'Time at which the stop condition fired during this rollout, acknowledged or not; absent if it did not.',
    'stop_condition',
  ),
  stopAcknowledgedAt: gauge(
    'caracal_rollout_stop_condition_acknowledged_timestamp_seconds',
    'Time at which the stop condition was acknowledged during this rollout; absent until then.',
    'stop_condition',
  ),
  stopFirings: counter(
    'caracal_rollout_stop_condition_firings_total',
    'Firings of the stop condition since the state of the exporter began.',
    'stop_condition',
  ),
  stopFiringSince: gauge(
    'caracal_rollout_stop_condition_firing_since_timestamp_seconds',
    'Time since which the stop condition fires; absent while it does not.',
    'stop_condition',
  ),
  stopObserved: gauge(
    'caracal_rollout_stop_condition_observed',
    'Observed value of the worst subject of the stop condition; absent while unknown.',
    'stop_condition',
    'unit',
  ),
  stopThreshold: gauge(
    'caracal_rollout_stop_condition_threshold',
    'Limit for the observed value of the stop condition.',
    'stop_condition',
    'unit',
  ),
  causeActive: gauge(
    'caracal_rollout_cause_active',
    'Whether a root cause that is neither a check nor a stop condition keeps the verdict from proceed, such as a Redis that does not answer.',
    'cause',
  ),
  causeSince: gauge(
    'caracal_rollout_cause_since_timestamp_seconds',
    'Time since which the cause is there; absent while it is not, or where the time is not known.',
    'cause',
  ),
  stopExplained: gauge(
    'caracal_rollout_stop_condition_explained',
    'The root cause that explains a stop condition which fires, is pending or cannot be judged: a cause, or the id of a check or stop condition. Absent while nothing explains it.',
    'stop_condition',
    'cause',
  ),
  stopCulprit: gauge(
    'caracal_rollout_stop_condition_culprit',
    'Rank of a subject that the stop condition blames, 1 for the worst; the first three are present, and none unless the stop condition fires or is latched.',
    'stop_condition',
    'culprit',
  ),
} satisfies Record<string, Family>
