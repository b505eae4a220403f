import { histogram, summary, type Family } from './family.ts'

/** What is observed as it happens and lives as long as the process; all else is written from the snapshot. */
export const observedFamilies = {
  evaluation: summary(
    'caracal_gate_exporter_evaluation_duration_seconds',
    'Duration of evaluations, in seconds.',
  ),
  probeAttempt: histogram(
    'caracal_gate_exporter_probe_attempt_duration_seconds',
    'Duration of probe attempts in seconds, by outcome: success or failure; absent for a probe that waits for events.',
    // Local answers take milliseconds, an API that counts a large outbox 0.1 s, and every timeout is 5 s or less.
    [0.01, 0.05, 0.25, 1, 5],
    'probe',
    'outcome',
  ),
  publication: histogram(
    'caracal_gate_exporter_publication_delay_seconds',
    'Time in seconds from the end of a probe attempt that saw something new, or a pushed event, to the snapshot that includes it.',
    // Steps are 20 ms apart at most while news arrives.
    [0.005, 0.025, 0.1, 1],
  ),
  httpRequest: histogram(
    'caracal_gate_exporter_http_request_duration_seconds',
    'Duration of HTTP requests in seconds, by route and status code. A long poll or event stream counts when it ends; a path without a route has the route none.',
    [0.01, 0.1, 1],
    'route',
    'code',
  ),
} satisfies Record<string, Family>
