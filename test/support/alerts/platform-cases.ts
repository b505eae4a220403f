import { storeCases } from './platform-store-cases.ts'
import { comesAndGoes, elsewhere, never, of, page, place, pod, inBetween } from './platform-world.ts'
import type { Case } from './world.ts'

function unready(service: string): readonly Case[] {
  const labels = page(`${service}-unready`, service)
  const ready = (name: string, values: string, condition = 'true', where = place) =>
    of('kube_pod_status_ready', { ...where, job: 'kube-state-metrics', pod: name, condition }, values)
  const own = `caracal-caracal-${service}`
  return [
    {
      story: 'two pods are not ready for five minutes, those elsewhere are',
      series: [
        ready(`${own}-0`, inBetween('1', '0')),
        ready(`${own}-1`, inBetween('1', '0')),
        ready(`${own}-1`, '1x200', 'true', elsewhere),
      ],
      told: comesAndGoes(labels, '5m45s', '6m'),
    },
    never('one after the other is replaced, others are not ready, and conditions are false', [
      ready(`${own}-0`, '1x3 0x10 1x200'),
      ready(`${own}-1`, '1x15 0x10 1x200'),
      ready(`${own}-2`, '1x200'),
      ready(`${own}-2`, '0x200', 'false'),
      ready('caracal-caracal-web-0', '0x200'),
      ready(`something-${service}-0`, '0x200'),
    ]),
    {
      story: 'one pod of two is enough',
      series: [ready(`${own}-0`, '0x50'), ready(`${own}-1`, '1x50')],
      told: [{ at: '5m', firing: [labels] }],
    },
  ]
}

const dlq = page('audit-dlq-growing', 'audit')
const replay = page('replay-backlog-aging', 'audit')
const job = { ...place, job: 'kube-state-metrics', condition: 'true' }

export const platformCases: Readonly<Record<string, readonly Case[]>> = {
  CaracalPlatformMigrationJobFailed: [
    {
      story: 'one of the two Jobs fails, seen by two copies of kube-state-metrics',
      series: [
        of('kube_job_failed', { ...job, job_name: 'caracal-caracal-migrate' }, inBetween('0', '1')),
        of('kube_job_failed', { ...job, job_name: 'caracal-caracal-migrate', instance: 'b' }, '0x200'),
        of('kube_job_failed', { ...job, job_name: 'caracal-caracal-auth-migrate' }, '0x200'),
      ],
      told: comesAndGoes(
        page('migration-job-failed', 'migration', { job_name: 'caracal-caracal-migrate' }),
        '2m45s',
        '3m',
      ),
    },
    {
      story: 'the other one fails',
      series: [of('kube_job_failed', { ...job, job_name: 'caracal-caracal-auth-migrate' }, '1x200')],
      told: [
        {
          at: '2m',
          firing: [page('migration-job-failed', 'migration', { job_name: 'caracal-caracal-auth-migrate' })],
        },
      ],
    },
    never('it has not failed, or another Job has', [
      of('kube_job_failed', { ...job, job_name: 'caracal-caracal-migrate', condition: 'false' }, '1x200'),
      of('kube_job_failed', { ...job, job_name: 'shop-migrate' }, '1x200'),
      of('kube_job_failed', { ...job, job_name: 'caracal-caracal-backup' }, '1x200'),
    ]),
  ],
  CaracalPlatformStsUnready: unready('sts'),
  CaracalPlatformGatewayUnready: unready('gateway'),
  CaracalPlatformAuditDlqGrowing: [
    {
      story: 'T09: one entry arrives, and counts for ten minutes; its replay from the stream is no news',
      series: [
        of('caracal_audit_dlq_total', pod(1), '0x3 1x200'),
        of('caracal_audit_dlq_total', pod(2), '7x200'),
        of('caracal_audit_dlq_total', pod(3, elsewhere), '0x200'),
        of('caracal_audit_dlq_size', pod(1), '0x3 9x10 0x3 9x200'),
      ],
      told: [
        // What a series begins with counts as new for ten minutes, and here it begins with the test.
        { at: '1m45s', firing: [] },
        { at: '2m', firing: [dlq] },
        { at: '10m45s', firing: [dlq] },
        { at: '15m30s', firing: [dlq] },
        { at: '16m', firing: [] },
        { at: '40m', firing: [] },
      ],
    },
    {
      story: 'a pod starts anew and has dead-lettered before it is scraped',
      series: [
        of('caracal_audit_dlq_total', pod(1), '0x80 stale'),
        of('caracal_audit_dlq_total', pod(2), '_x81 0x200'),
        of('caracal_audit_dlq_total', pod(3), '_x81 1x200'),
      ],
      told: [
        { at: '22m', firing: [] },
        { at: '22m15s', firing: [dlq] },
        { at: '30m', firing: [dlq] },
        { at: '35m', firing: [dlq] },
        { at: '35m15s', firing: [] },
      ],
    },
    {
      story: 'Prometheus was away for half an hour: what it knew before is no news',
      series: [of('caracal_audit_dlq_total', pod(1), '3x80 _x140 3x200')],
      told: ['19m', '59m', '70m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'Prometheus was away for more than an hour: then it is told again',
      series: [of('caracal_audit_dlq_total', pod(1), '3x80 _x320 3x200')],
      told: [{ at: '103m', firing: [dlq] }],
    },
    {
      story: 'the counter starts again at 0 with its process',
      series: [
        of('caracal_audit_dlq_total', pod(1), '5x80 0x200'),
        of('caracal_audit_dlq_total', pod(2), '5x280'),
      ],
      told: ['17m', '20m15s', '25m'].map((at) => ({ at, firing: [] })),
    },
  ],
  CaracalPlatformReplayBacklogAging: [
    {
      story: 'the files of one Gateway are too old for two minutes',
      series: [
        of('caracal_gateway_audit_replay_oldest_age_seconds', pod(1), inBetween('300', '301')),
        of('caracal_gateway_audit_replay_oldest_age_seconds', pod(2), '0x200'),
        of('caracal_sts_audit_replay_oldest_age_seconds', pod(3), '0x200'),
        of('caracal_sts_audit_replay_oldest_age_seconds', pod(3, elsewhere), '300x200'),
      ],
      told: comesAndGoes(replay, '2m45s', '3m'),
    },
    {
      story: 'those of one STS are',
      series: [
        of('caracal_gateway_audit_replay_oldest_age_seconds', pod(1), '0x200'),
        of('caracal_sts_audit_replay_oldest_age_seconds', pod(3), '0x3 301x200'),
      ],
      told: [
        { at: '2m45s', firing: [] },
        { at: '3m', firing: [replay] },
      ],
    },
  ],
  CaracalPlatformRevocationSnapshotStale: [
    {
      story: 'T07: two of three Gateways are stale for two minutes',
      series: [
        of('caracal_gateway_revocation_snapshot_fresh', pod(1), inBetween('1', '0')),
        of('caracal_gateway_revocation_snapshot_fresh', pod(2), inBetween('1', '0')),
        of('caracal_gateway_revocation_snapshot_fresh', pod(3), '1x200'),
        of('caracal_gateway_revocation_snapshot_fresh', pod(1, elsewhere), '1x200'),
      ],
      told: comesAndGoes(page('revocation-snapshot-stale', 'gateway'), '2m45s', '3m'),
    },
    {
      story: 'one of two is',
      series: [
        of('caracal_gateway_revocation_snapshot_fresh', pod(1), '0x200'),
        of('caracal_gateway_revocation_snapshot_fresh', pod(2), '1x200'),
      ],
      told: [{ at: '2m', firing: [page('revocation-snapshot-stale', 'gateway')] }],
    },
  ],
  ...storeCases,
}
