import { caracal, first, neighbours, scraped, second, series } from './world.ts'
import type { Case, Replica } from './world.ts'

const both = [scraped(first), scraped(second)]
const exporter = { component: 'gate-exporter' }
const critical = { severity: 'critical', ...exporter, ...caracal }

function expires(replica: Replica, values: string) {
  return series('caracal_rollout_verdict_expires_timestamp_seconds', replica, {}, values)
}
function evaluated(replica: Replica, values: string) {
  return series('caracal_gate_exporter_last_evaluation_timestamp_seconds', replica, {}, values)
}

/** Stories of an exporter that is not there, or that answers and does not judge. */
export const silenceCases: Readonly<Record<string, readonly Case[]>> = {
  CaracalGateExporterAbsent: [
    {
      story: 'the last exporter of a release goes and does not come back',
      series: [scraped(first, '1x40 stale'), scraped(second, '1x20 stale')],
      told: [
        { at: '10m', firing: [] },
        { at: '13m', firing: [] },
        { at: '13m15s', firing: [critical] },
        { at: '4h', firing: [critical] },
        { at: '6h9m', firing: [critical] },
        { at: '6h12m', firing: [critical] },
        { at: '6h14m', firing: [critical, { severity: 'critical', ...exporter }] },
        { at: '6h16m', firing: [{ severity: 'critical', ...exporter }] },
      ],
    },
    {
      story: 'it comes back after a while',
      series: [scraped(first, '1x8 stale _x20 1x200')],
      told: [
        { at: '5m', firing: [] },
        { at: '5m15s', firing: [critical] },
        { at: '12m15s', firing: [critical] },
        { at: '12m30s', firing: [] },
      ],
    },
    {
      story: 'one of several releases loses its exporter',
      series: [...neighbours.map((replica) => scraped(replica)), scraped(first, '1x8 stale')],
      told: [{ at: '6m', firing: [critical] }],
    },
    {
      story: 'it is replaced within two minutes',
      series: [scraped(first, '1x8 stale _x7 1x200')],
      told: ['3m', '4m15s', '5m15s', '10m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'one of two replicas is away for long',
      series: [scraped(first), scraped(second, '1x3 stale')],
      told: ['4m', '10m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'there never was one',
      series: [],
      told: [
        { at: '2m45s', firing: [] },
        { at: '3m', firing: [{ severity: 'critical', ...exporter }] },
        { at: '20m', firing: [{ severity: 'critical', ...exporter }] },
      ],
    },
  ],
  CaracalGateExporterStalled: [
    {
      story:
        'the verdict of one of two has expired, by a little more than clocks may differ, for two minutes',
      series: [
        ...both,
        expires(first, '15+15x200'),
        expires(second, '15+15x3 29+15x11 255+15x200'),
        evaluated(first, '0+15x200'),
        evaluated(second, '0+15x200'),
      ],
      told: [
        { at: '2m45s', firing: [] },
        { at: '3m', firing: [critical] },
        { at: '4m', firing: [] },
      ],
    },
    {
      story: 'every verdict has expired when the next one is scraped, and clocks differ by 30 s',
      series: [...both, expires(first, '-30+15x200'), evaluated(first, '0+15x200')],
      told: ['2m', '10m', '20m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'one of two evaluates no more, and says that its verdict is good for ever',
      series: [
        ...both,
        expires(first, '9000x200'),
        expires(second, '9000x200'),
        evaluated(first, '0+15x200'),
        evaluated(second, '0+15x8 120x100'),
      ],
      told: [
        { at: '5m45s', firing: [] },
        { at: '6m15s', firing: [critical] },
        { at: '15m', firing: [critical] },
      ],
    },
    {
      story: 'it goes for good when its verdict has expired: its last word stands for five minutes',
      series: [
        scraped(first, '1x20 stale'),
        expires(first, '-60+15x20 stale'),
        evaluated(first, '0+15x20 stale'),
      ],
      told: [
        { at: '9m45s', firing: [critical] },
        { at: '10m15s', firing: [] },
      ],
    },
    {
      story: 'it goes for good when it evaluates no more, and its verdict is good for ever',
      series: [scraped(first, '1x20 stale'), expires(first, '9000x20 stale'), evaluated(first, '0x20 stale')],
      told: [
        { at: '9m45s', firing: [critical] },
        { at: '10m15s', firing: [] },
      ],
    },
    {
      story: 'it evaluates a little, once in a minute',
      series: [scraped(first), evaluated(first, '0x3 1x3 2x3 3x3 4x3 5x3 6x3 7x3 8x3 9x3 10x3')],
      told: ['4m', '8m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'it is started anew while it is stalled: the page stays, and ends when it judges again',
      series: [
        scraped(first, '1x15 stale _x5 1x100'),
        expires(first, '0x15 stale _x5 345+15x100'),
        evaluated(first, '0x15 stale _x5 330+15x100'),
      ],
      told: [
        { at: '3m', firing: [critical] },
        { at: '5m', firing: [critical] },
        { at: '5m15s', firing: [critical] },
        { at: '6m15s', firing: [] },
      ],
    },
  ],
}
